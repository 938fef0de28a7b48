import { parseHttpDate } from '../../lib/http-date.ts';
import { parseDuration } from '../../lib/units.ts';
import type { Field } from './name.ts';

/** Entries of one header at most: more than any honest server writes. */
const MOST = 16;

/** Milliseconds: a reset further ahead is a mistake of unit or clock. */
const FURTHEST = 366 * 86_400_000;

const NUMBER = /^\d{1,20}(?:\.\d{0,20})?$/;
const ISO = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?<zone>Z|[+-]\d\d:?\d\d)?$/i;

/** Reads a number without sign or exponent; null for everything else. -1 is ambiguous: "none left" or "no limit". */
export function numberOf(text: string): number | null {
  const trimmed = text.trim();
  return NUMBER.test(trimmed) ? Number(trimmed) : null;
}

/** A number of requests, and its window if it is stated. */
export interface Amount {
  readonly amount: number;
  /** Milliseconds. */
  readonly window: number | null;
}

/**
 * The numbers of a value, separated by commas: `100`, `100;w=60`, `100:120,20:1` (seconds after the colon),
 * `200,2000`. In `3, 3;w=1, 60;w=60` (IETF draft 3) the first number is the one that applies, the others are the
 * policies.
 *
 * @returns null if any of them cannot be read
 */
export function amountsOf(text: string): readonly Amount[] | null {
  const all = text.split(',', MOST).map(amountOf);
  const known = all.filter((one) => one !== null);
  const [first] = known;
  if (first === undefined || known.length < all.length) return null;
  const others = known.slice(1);
  if (first.window !== null || !others.some(({ window }) => window !== null)) return known;
  return [others.find(({ amount }) => amount === first.amount) ?? first];
}

function amountOf(text: string): Amount | null {
  const [, number = '', colon, parameters = ''] = /^([\d.]+)(?::(\d+))?\s*(;.*)?$/.exec(text.trim()) ?? [];
  const amount = numberOf(number);
  if (amount === null) return null;
  const seconds = colon ?? /;\s*w\s*=\s*(\d+)/.exec(parameters)?.[1];
  return { amount, window: seconds === undefined ? null : Number(seconds) * 1000 };
}

/** The notation of a time, for explanations. */
export type Notation =
  | 'milliseconds'
  | 'seconds'
  | 'a duration'
  | 'Unix time'
  | 'Unix time in milliseconds'
  | 'a date';

export interface Time {
  /** Milliseconds from now; 0 if it is over. */
  readonly wait: number;
  readonly notation: Notation;
}

/** The clocks that absolute times are read against, in Unix milliseconds. */
export interface Clocks {
  /** The `Date` of the answer: a server whose clock is wrong has wrong resets too. */
  readonly server: number | null;
  readonly own: number;
}

/**
 * When a limit is reset, whatever the notation: a number of at least 1e12 is Unix time in milliseconds, of at least 1e9
 * in seconds, a smaller one counts seconds from now (milliseconds, if the name says so); `6m0s`; ISO 8601; HTTP date.
 *
 * @returns null if it cannot be read
 */
export function timeOf(
  text: string,
  { unit, fromNow }: Pick<Field, 'unit' | 'fromNow'>,
  clocks: Clocks,
): Time | null {
  const trimmed = text.trim();
  const number = numberOf(trimmed);
  if (number !== null) return numericTime(number, unit, fromNow, clocks);
  const duration = parseDuration(trimmed);
  if (duration !== null) return bounded(duration, 'a duration');
  const date = isoDate(trimmed) ?? parseHttpDate(trimmed);
  return date === null ? null : absolute(date, 'a date', clocks);
}

function numericTime(number: number, unit: Field['unit'], fromNow: boolean, clocks: Clocks): Time | null {
  if (!fromNow && number >= 1e12) return absolute(number, 'Unix time in milliseconds', clocks);
  if (!fromNow && number >= 1e9 && unit !== 'ms') return absolute(number * 1000, 'Unix time', clocks);
  return unit === 'ms' ? bounded(number, 'milliseconds') : bounded(number * 1000, 'seconds');
}

/** Without a zone it is UTC. */
function isoDate(text: string): number | null {
  const zone = ISO.exec(text)?.groups;
  if (!zone) return null;
  const time = Date.parse(text.replace(' ', 'T') + (zone.zone === undefined ? 'Z' : ''));
  return Number.isNaN(time) ? null : time;
}

function absolute(time: number, notation: Notation, { server, own }: Clocks): Time | null {
  return bounded(time - (server ?? own), notation);
}

function bounded(wait: number, notation: Notation): Time | null {
  return wait > FURTHEST ? null : { wait: Math.max(0, Math.ceil(wait)), notation };
}
