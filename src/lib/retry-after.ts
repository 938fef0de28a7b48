import { parseHttpDate } from './http-date.ts';

/** Milliseconds: longer pauses are taken for mistakes of unit or clock. */
const LONGEST_PAUSE = 24 * 3_600_000;

/**
 * The time until which a server asks to be left alone, from its `Retry-After`: seconds, decimals (seen in the wild),
 * or an HTTP date. A date is read relative to the answer's own `Date`, so that a wrong server clock does no harm.
 *
 * @param date the `Date` header of the same answer
 * @param now Unix milliseconds
 * @returns Unix milliseconds, from `now` to 24 hours later; null for a missing header and for what cannot be read
 */
export function retryAfter(value: string | null, date: string | null, now: number): number | null {
  const pause = value === null ? null : pauseOf(value.trim(), date, now);
  return pause === null ? null : now + Math.min(Math.max(pause, 0), LONGEST_PAUSE);
}

function pauseOf(value: string, date: string | null, now: number): number | null {
  if (/^\d+(?:\.\d*)?$/.test(value)) return Math.ceil(Number(value) * 1000);
  const until = parseHttpDate(value);
  if (until === null) return null;
  return until - ((date === null ? null : parseHttpDate(date)) ?? now);
}
