import type { HeaderNames } from '../../config/budget.ts';
import { type AnswerHeaders, header } from '../../lib/http/header.ts';
import { parseHttpDate } from '../../lib/http-date.ts';
import { retryAfter } from '../../lib/retry-after.ts';
import { entriesOf, type ListEntry } from './list.ts';
import { type Field, fieldOf } from './name.ts';
import { amountsOf, type Clocks, type Notation, type Time, timeOf } from './value.ts';

/** The reading of one header. `limit`: which of the server's limits it is about. Times are milliseconds. */
export type Reading = { readonly header: string; readonly value: string } & Meaning;

export type Meaning =
  | {
      readonly kind: 'limit' | 'remaining' | 'used';
      readonly of: LimitKey;
      readonly amount: number;
      readonly window: number | null;
    }
  | { readonly kind: 'reset'; readonly of: LimitKey; readonly wait: number; readonly notation: Notation }
  | { readonly kind: 'window'; readonly of: LimitKey; readonly window: number }
  | { readonly kind: 'pause' | 'floor'; readonly wait: number }
  | { readonly kind: 'reason' | 'name' }
  /** Whether it counts something other than requests. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'unreadable' };

export interface LimitKey {
  readonly family: string;
  readonly part: string;
}

/** Headers at most: more than any honest server sends about its limits. */
const MOST = 64;

/**
 * Reads what the headers of an answer say about rate limits.
 *
 * @param names the configured headers, `auto` to recognise them by their names, false for none but Retry-After
 * @param now Unix milliseconds
 */
export function readLimits(
  headers: AnswerHeaders,
  names: 'auto' | false | HeaderNames,
  now: number,
): readonly Reading[] {
  const readings: Reading[] = [];
  // Evaluated lazily: most answers have no rate-limit headers.
  let clocks: AnswerClocks | null = null;
  for (const name in headers) {
    const field = typeof names === 'object' ? (named(name, names) ?? pauseField(name)) : fieldOf(name);
    if (field === null || (names === false && field.role !== 'pause')) continue;
    clocks ??= clocksOf(headers, now);
    const value = joined(headers[name]);
    for (const meaning of meaningsOf(name, value, field, clocks))
      if (readings.length < MOST) readings.push({ header: name, value, ...meaning });
  }
  if (typeof names === 'object' && names.window !== undefined) {
    const of = { family: '', part: '' };
    readings.push({ header: 'window', value: 'of the budget', kind: 'window', of, window: names.window });
  }
  return readings;
}

interface AnswerClocks extends Clocks {
  /** The `Date` of the answer, as it came. */
  readonly date: string | null;
}

function clocksOf(headers: AnswerHeaders, own: number): AnswerClocks {
  const date = header(headers, 'date');
  return { date, server: date === null ? null : parseHttpDate(date), own };
}

function* meaningsOf(header: string, value: string, field: Field, clocks: AnswerClocks): Iterable<Meaning> {
  const of = { family: field.family, part: field.part };
  switch (field.role) {
    case 'limit':
    case 'remaining':
    case 'used':
      yield* amountMeanings(value, field, clocks);
      return;
    case 'reset': {
      const time = timeOf(value, field, clocks);
      yield time ? { kind: 'reset', of, ...time } : { kind: 'unreadable' };
      return;
    }
    case 'window': {
      const time = timeOf(value, { unit: field.unit, fromNow: true }, clocks);
      yield time && time.wait > 0 ? { kind: 'window', of, window: time.wait } : { kind: 'unreadable' };
      return;
    }
    case 'pause': {
      const time = pauseTime(header, value, field, clocks);
      yield time ? { kind: 'pause', wait: time.wait } : { kind: 'unreadable' };
      return;
    }
    case 'floor': {
      const time = timeOf(value, field, clocks);
      yield time ? { kind: 'floor', wait: time.wait } : { kind: 'unreadable' };
      return;
    }
    case 'list':
      yield* listMeanings(value, field, clocks);
      return;
    case 'other':
      yield { kind: 'foreign' };
      return;
    case 'reason':
      yield { kind: 'reason' };
      return;
    case 'text':
      yield { kind: 'name' };
  }
}

function* amountMeanings(
  value: string,
  { role, family, part, window }: Field,
  clocks: Clocks,
): Iterable<Meaning> {
  const amounts = amountsOf(value);
  if (!amounts) {
    yield* role === 'limit'
      ? listMeanings(value, { family, part, window }, clocks)
      : [{ kind: 'unreadable' } as const];
    return;
  }
  for (const [index, one] of amounts.entries()) {
    const of = { family, part: amounts.length > 1 ? `${part}#${index + 1}` : part };
    yield { kind: role as 'limit', of, amount: one.amount, window: one.window ?? window };
  }
}

type Listed = Pick<Field, 'family' | 'part' | 'window'>;

function* listMeanings(value: string, { family, part, window }: Listed, clocks: Clocks): Iterable<Meaning> {
  const entries = entriesOf(value);
  if (!entries) yield { kind: 'unreadable' };
  for (const [index, entry] of (entries ?? []).entries()) {
    const suffix = entry.name || (entries && entries.length > 1 ? `#${index + 1}` : '');
    yield* entryMeanings(
      { ...entry, window: entry.window ?? window },
      { family, part: [part, suffix].filter(Boolean).join('-') },
      clocks,
    );
  }
}

function* entryMeanings(entry: ListEntry, of: LimitKey, clocks: Clocks): Iterable<Meaning> {
  if (entry.foreign) {
    yield { kind: 'foreign' };
    return;
  }
  for (const kind of ['limit', 'remaining', 'used'] as const) {
    const amount = entry[kind];
    if (amount !== null) yield { kind, of, amount, window: entry.window };
  }
  const reset = entry.reset === null ? null : timeOf(entry.reset, { unit: null, fromNow: false }, clocks);
  if (reset) yield { kind: 'reset', of, ...reset };
}

/** The time of a `Retry-After` in its three forms, or of a similar header in any form of a time. */
function pauseTime(
  header: string,
  value: string,
  { unit }: Field,
  clocks: AnswerClocks,
): Pick<Time, 'wait'> | null {
  const until = header === 'retry-after' ? retryAfter(value, clocks.date, clocks.own) : null;
  return until === null ? timeOf(value, { unit, fromNow: false }, clocks) : { wait: until - clocks.own };
}

/** The meaning that the configuration gives to a header; null if it does not name it. */
function named(header: string, names: HeaderNames): Field | null {
  const role = (['limit', 'remaining', 'used', 'reset'] as const).find(
    (one) => names[one]?.toLowerCase() === header,
  );
  if (role === undefined) return null;
  const unit = names.reset_unit;
  return {
    role,
    family: '',
    part: '',
    window: null,
    unit: unit === 'milliseconds' || unit === 'epoch_ms' ? 'ms' : null,
    fromNow: unit === 'seconds' || unit === 'milliseconds',
  };
}

function pauseField(header: string): Field | null {
  const field = fieldOf(header);
  return field?.role === 'pause' ? field : null;
}

function joined(value: string | readonly string[] | undefined): string {
  return typeof value === 'string' ? value : (value ?? []).join(', ');
}
