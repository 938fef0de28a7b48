/** Never wait longer because a receiver said so: 24 hours. */
const LONGEST = 24 * 3_600_000;

/** A receiver that says "now" and still refuses is not asked in a tight loop. */
const SHORTEST = 1000;

const SECONDS = /^\d+(?:\.\d+)?$/;

/** The three spellings of RFC 9110 section 5.6.7 all begin with the name of a day. `Date.parse` alone accepts anything. */
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? [\w: -]+$/;

/**
 * Reads `Retry-After`: seconds, decimals (seen in the wild), or an HTTP date, which is taken relative to the answer's
 * own `Date` so that wrong clocks do not matter.
 *
 * @param now Unix milliseconds, for an answer without a usable `Date`
 * @returns milliseconds to wait, from 1 s to 24 h; null when absent or not understood
 */
export function parseRetryAfter(value: string | null, date: string | null, now: number): number | null {
  const text = value?.trim() ?? '';
  if (SECONDS.test(text)) return bounded(Number(text) * 1000);
  const time = parseHttpDate(text);
  return time === null ? null : bounded(time - (parseHttpDate(date ?? '') ?? now));
}

function bounded(wait: number): number {
  return Math.min(LONGEST, Math.max(SHORTEST, Math.round(wait)));
}

function parseHttpDate(text: string): number | null {
  if (!HTTP_DATE.test(text)) return null;
  // The asctime form names no zone; HTTP means GMT.
  const time = Date.parse(text.endsWith(' GMT') ? text : `${text} GMT`);
  return Number.isNaN(time) ? null : time;
}
