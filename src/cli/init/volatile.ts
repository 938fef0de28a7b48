import { parseHttpDate } from '../../lib/http-date.ts';
import { isRawNumber } from '../../lib/json.ts';
import type { Json } from '../../model.ts';

/** ISO 8601 and its cousins, and the clock alone. */
const TIME = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d|$)|^\d{1,2}[./]\d{1,2}[./]\d{2,4}|^\d\d:\d\d(?::\d\d)?$/;
/** Names of values that change by themselves. */
const RUNNING =
  /time|date|stamp|^ts$|_at$|At$|generated|uptime|age$|_age|request|nonce|trace|span|elapsed|duration|since|seen|checked|poll|refresh|server_?now|^now$|counter|_total$|sequence|^seq$|collected|_sec$|_usec$|seconds|ttl|expires/i;
const RANDOM = /^(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{16,}|[A-Za-z0-9_-]{20,})$/i;

/** What kind of volatile value this is, in words for a comment; null if it looks like data. */
export function volatileKind(name: string, values: readonly (Json | undefined)[]): string | null {
  const present = values.filter((value) => value !== undefined);
  if (present.length === 0) return null;
  if (present.every(looksLikeTime)) return 'a time';
  if (new Set(present.map((value) => JSON.stringify(value))).size === present.length) {
    if (present.every((value) => typeof value === 'string' && RANDOM.test(value)))
      return 'a new id each time';
  }
  if (!RUNNING.test(name)) return null;
  const numbers = present.map(numberOf);
  const rising = numbers.every((number, at) => at === 0 || number >= (numbers[at - 1] as number));
  return numbers.some(Number.isNaN) || !rising
    ? 'named like a time, an age or a request'
    : 'a counter or clock';
}

/** A date, a time of the day, or seconds or milliseconds since 1970 in this part of history. */
export function looksLikeTime(value: Json): boolean {
  if (typeof value === 'string' && (TIME.test(value) || parseHttpDate(value) !== null)) return true;
  const number = numberOf(value);
  return (number > 1.2e9 && number < 2.5e9) || (number > 1.2e12 && number < 2.5e12);
}

function numberOf(value: Json): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string') return /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
  return value !== null && isRawNumber(value) ? Number(value.rawJSON) : Number.NaN;
}
