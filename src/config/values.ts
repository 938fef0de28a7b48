import { z } from 'zod';
import { Secret } from '../lib/secret.ts';
import { DURATION, parseDuration, parseRatio, parseSize, RATIO, SIZE } from '../lib/units.ts';

/** The kinds of value that the configuration is made of. Each says how to write it right. */

export const NAME = /^[A-Za-z0-9_-]{1,64}$/;
export const name = z.string().regex(NAME, 'a name has 1 to 64 letters, digits, _ or -');

/** Milliseconds, written as `500ms 30s 5m 1h30m 7d`. */
export function duration(bounds: { min?: number; max?: number } = {}) {
  return written(DURATION, parseDuration, 'a duration is written like 500ms, 30s, 5m, 1h30m or 7d', bounds);
}

/** Bytes, written as `512kB 10MB 1GiB`. */
export function size(bounds: { min?: number; max?: number } = {}) {
  return written(SIZE, parseSize, 'a size is written like 512kB, 10MB or 1GiB', bounds);
}

/** A fraction, written as `10%`. */
export function ratio() {
  return written(RATIO, parseRatio, 'a ratio is written like 10%', { max: 1 });
}

function written(
  pattern: RegExp,
  parse: (text: string) => number | null,
  hint: string,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number },
) {
  return z
    .string(hint)
    .regex(pattern, hint)
    .transform((text, context) => {
      const value = parse(text);
      if (value !== null && value >= min && value <= max) return value;
      context.addIssue({ code: 'custom', message: value === null ? hint : outside(value, min, max) });
      return z.NEVER;
    });
}

function outside(value: number, min: number, max: number): string {
  return value < min ? `too small: the least is ${min}` : `too large: the most is ${max}`;
}

/** Text that must never be shown. */
export const secret = z
  .string()
  .min(1, 'must not be empty')
  .transform((text) => new Secret(text))
  .meta({ secret: true });

/** A dotted path into a record: `a.b`, `list.*.c`. */
export const path = z.string().regex(/^[^.\s][^.]*(\.[^.]+)*$/, 'a path is written like a.b or list.*.c');

/** One value or a list of them, always given as a list. */
export function oneOrMore<T extends z.ZodType>(value: T) {
  return z.union([value.transform((one) => [one]), z.array(value).min(1, 'the list must not be empty')]);
}

/** Header names are RFC 9110 tokens; values hold no control characters (no header injection). */
export const headers = z.record(
  z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'this is not a header name'),
  z
    .string()
    .regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'a header value holds no line breaks or control characters')
    .transform((text) => new Secret(text))
    .meta({ secret: true }),
);

/** An http or https URL without user info. */
export const url = z.string().check((context) => {
  const problem = urlProblem(context.value);
  if (problem) context.issues.push({ code: 'custom', message: problem, input: context.value });
});

function urlProblem(text: string): string | null {
  if (!URL.canParse(text)) return 'this is not a URL: write it like https://host.example.com/path';
  const { protocol, username, password } = new URL(text);
  if (protocol !== 'http:' && protocol !== 'https:') return `${protocol} is not supported: use http or https`;
  if (username || password) return 'user name and password do not belong in a URL: use auth with type basic';
  return null;
}
