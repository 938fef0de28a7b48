import { z } from 'zod';
import {
  DURATION,
  formatDuration,
  parseDuration,
  parseRate,
  parseRatio,
  parseSize,
  RATE,
  RATIO,
  SIZE,
} from '../lib/units.ts';
import { addIssue } from './add-issue.ts';

/** Amounts with a unit. Each says in its `meta` what it is, and in its messages how to write it right. */

/** Ten years: longer waits are mistakes, and times have to stay within the range of dates. */
const LONGEST = 3650 * 86_400_000;
/** A day; timers are limited to 2^31 - 1 ms. */
const LONGEST_REQUEST = 86_400_000;
/** Bytes: all pages of a poll are held in memory together. */
const LARGEST_BODY = 2_000_000_000;

interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

/** Milliseconds, written as `500ms 30s 5m 1h30m 7d`. */
export function duration({ min = 0, max = LONGEST }: Bounds = {}) {
  const hint = 'a duration is written like 500ms, 30s, 5m, 1h30m or 7d';
  return written(
    { noun: 'a duration', unit: 's', pattern: DURATION, parse: parseDuration, hint },
    min,
    max,
    formatDuration,
  );
}

/** Milliseconds that one request may take. */
export function timeout() {
  return duration({ min: 1, max: LONGEST_REQUEST });
}

/** Bytes of a body, written as `512kB 10MB 1GiB`. */
export function size() {
  const hint = 'a size is written like 512kB, 10MB or 1GiB';
  return written(
    { noun: 'a size', unit: 'B', pattern: SIZE, parse: parseSize, hint },
    1,
    LARGEST_BODY,
    (bytes) => `${bytes}B`,
  );
}

/** A fraction, written as `10%`. */
export function ratio() {
  const hint = 'a ratio is written like 10%';
  return written(
    { noun: 'a ratio', unit: '%', pattern: RATIO, parse: parseRatio, hint },
    0,
    1,
    (part) => `${part * 100}%`,
  );
}

/** The longest window of a rate, a month. */
const LONGEST_WINDOW = 31 * 86_400_000;
/** The largest count of a rate: some 40 a second for a month. */
const LARGEST_COUNT = 100_000_000;

/** A number of requests in any window of a length, written as `60/1m`. */
export function rate() {
  const hint = 'a rate is written like 60/1m or 5000/1d';
  return z
    .string(hint)
    .regex(RATE, hint)
    .meta({ noun: 'a rate', unit: '/1m' })
    .transform((text, context) => {
      const parsed = parseRate(text);
      if (parsed === null) addIssue(context, 'this is not a rate', hint);
      else if (parsed.count < 1 || parsed.window < 1) addIssue(context, 'too small', hint);
      else if (parsed.window > LONGEST_WINDOW)
        addIssue(context, 'too large', `the longest window is ${formatDuration(LONGEST_WINDOW)}`);
      else if (parsed.count > LARGEST_COUNT)
        addIssue(context, 'too large', `the maximum is ${LARGEST_COUNT}`);
      else return parsed;
      return z.NEVER;
    });
}

interface Notation {
  readonly noun: string;
  readonly unit: string;
  readonly pattern: RegExp;
  readonly hint: string;
  parse(text: string): number | null;
}

function written(
  { noun, unit, pattern, hint, parse }: Notation,
  min: number,
  max: number,
  format: (value: number) => string,
) {
  return z
    .string(hint)
    .regex(pattern, hint)
    .meta({ noun, unit })
    .transform((text, context) => {
      const value = parse(text);
      if (value !== null && value >= min && value <= max) return value;
      if (value === null) addIssue(context, `this is not ${noun}`, hint);
      else if (value < min) addIssue(context, 'too small', `the minimum is ${format(min)}`);
      else addIssue(context, 'too large', `the maximum is ${format(max)}`);
      return z.NEVER;
    });
}

/** Factor by which each wait is longer than the one before. */
export const factor = z
  .number()
  .min(1)
  .max(100)
  .default(2)
  .meta({ description: 'Factor by which each wait is longer than the one before.' });

/** Waits that grow: `first`, then `factor` times as long each time, up to `max`. */
export function growingWaits(first: string, least: number) {
  return z.strictObject({
    first: duration({ min: least }).prefault(first).meta({ description: 'First wait.' }),
    factor,
    max: duration({ min: least }).prefault('15m').meta({ description: 'Longest wait.' }),
  });
}
