import { isIPv6 } from 'node:net';
import { z } from 'zod';
import { PATH } from '../lib/path.ts';
import { Secret } from '../lib/secret.ts';
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

declare module 'zod' {
  interface GlobalMeta {
    /** What a value of this kind is called: `a duration`. */
    noun?: string;
    /** What a bare number of this kind lacks. */
    unit?: string;
    examples?: readonly string[];
    /** Never shown. */
    secret?: boolean;
  }
}

/**
 * The kinds of value that the configuration is made of. Each says in its `meta` what it is, and in its messages how to
 * write it right.
 */

const NAME = /^[A-Za-z0-9_-]{1,64}$/;
export const name = z
  .string()
  .regex(NAME, 'a name has 1 to 64 letters, digits, _ or -')
  .meta({ noun: 'a name' });

/** Ten years: longer waits are mistakes, and times must stay within what a date can be. */
const LONGEST = 3650 * 86_400_000;
/** A timer takes at most 2^31 - 1 ms; no request is worth more than a day. */
const LONGEST_REQUEST = 86_400_000;
/** All pages of a poll are held in memory together. */
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

/** Longer windows than a month are no rates. */
const LONGEST_WINDOW = 31 * 86_400_000;
/** Many a second for a whole month. */
const LARGEST_COUNT = 100_000_000;

/** So many in any window of a length, written as `60/1m`. */
export function rate() {
  const hint = 'a rate is written like 60/1m or 5000/1d';
  return z
    .string(hint)
    .regex(RATE, hint)
    .meta({ noun: 'a rate', unit: '/1m' })
    .transform((text, context) => {
      const parsed = parseRate(text);
      if (parsed === null) complain(context, 'this is not a rate', hint);
      else if (parsed.count < 1 || parsed.window < 1) complain(context, 'too small', hint);
      else if (parsed.window > LONGEST_WINDOW)
        complain(context, 'too large', `the longest window is ${formatDuration(LONGEST_WINDOW)}`);
      else if (parsed.count > LARGEST_COUNT) complain(context, 'too large', `the most is ${LARGEST_COUNT}`);
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
      if (value === null) complain(context, `this is not ${noun}`, hint);
      else if (value < min) complain(context, 'too small', `the least is ${format(min)}`);
      else complain(context, 'too large', `the most is ${format(max)}`);
      return z.NEVER;
    });
}

/** Adds a mistake with its own words; neither may hold the value, which may be secret. */
export function complain(
  context: { readonly issues: z.core.$ZodRawIssue[]; readonly value: unknown },
  message: string,
  hint: string,
  path: string[] = [],
): void {
  context.issues.push({ code: 'custom', message, params: { hint }, input: context.value, path });
}

/** Text that must never be shown. */
export const secret = z
  .string()
  .min(1)
  .meta({ secret: true })
  .transform((text) => new Secret(text));

/** A secret that clients send after `Bearer`. */
export const token = z
  .string()
  .regex(/^[\x21-\x7e]+$/, 'a token has letters, digits and punctuation of ASCII, without spaces')
  .meta({ secret: true, noun: 'a token' })
  .transform((text) => new Secret(text));

/** Secret text that is sent in a header: no control characters, so that it cannot become two headers. */
export const headerValue = z
  .string()
  .regex(
    /^[\t\x20-\x7e\x80-\xff]*$/,
    'a header value holds no line breaks, control characters or letters beyond Latin-1',
  )
  .meta({ secret: true, noun: 'a header value' })
  .transform((text) => new Secret(text));

/** An RFC 9110 token, but for the headers that belong to the connection and to the length of the body. */
export const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'a header name has letters, digits and -, but no spaces or colon')
  .regex(
    /^(?!(?:connection|content-length|expect|keep-alive|te|trailer|transfer-encoding|upgrade)$)/i,
    'this header is set by the connection itself: remove it',
  )
  .meta({ noun: 'a header name' });

export const headers = z.record(headerName, headerValue);

/** A dotted path into a record: `a.b`, `list.*.c`. Names may have dots themselves: `@odata.etag`, `Art.-Nr.`. */
export const path = z.string().regex(PATH, 'a path is written like a.b or list.*.c').meta({ noun: 'a path' });

/** A path that leads to one value. */
export const place = path.regex(/^[^*]+$/, 'this path leads to one value: write it without *');

/** One value or a list of them, always given as a list. */
export function oneOrMore<T extends z.ZodType>(value: T) {
  return z.union([value.transform((one) => [one]), z.array(value).min(1)]);
}

/** An http or https URL without user info. */
export const url = z
  .string()
  .meta({ noun: 'a URL', examples: ['https://host.example.com/path'] })
  .check((context) => {
    const example = 'write it like https://host.example.com/path';
    if (!URL.canParse(context.value)) return complain(context, 'this is not a URL', example);
    const { protocol, username, password } = new URL(context.value);
    if (protocol !== 'http:' && protocol !== 'https:') {
      complain(context, 'only http and https are supported', example);
    } else if (username || password) {
      complain(context, 'user name and password do not belong in a URL', 'use `auth` with `type: basic`');
    }
  });

/** A URI or a relative reference (RFC 3986), which is how CloudEvents name where an event happened. */
export const uriReference = z
  .string()
  .regex(
    /^[!#-;=?-[\]_a-z~]+$/,
    'a URI reference is written like https://host.example.com/path or desk/tickets',
  )
  .meta({ noun: 'a URI reference' });

/** `host:port` to listen on; an IPv6 address in brackets, port 0 for any free one. */
export const address = z
  .string()
  .meta({ noun: 'an address', examples: ['127.0.0.1:8080', '[::1]:8080'] })
  .check((context) => {
    if (!isAddress(context.value)) {
      complain(
        context,
        'this is not an address',
        'an address is written like 127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080',
      );
    }
  });

/** Whether a text is `host:port`. */
export function isAddress(text: string): boolean {
  const [, host, v6, port] = /^(?:([A-Za-z0-9.-]+)|\[([0-9A-Fa-f:.]+)\]):(\d{1,5})$/.exec(text) ?? [];
  // What looks like an IPv4 address must be one: `256.0.0.1` is refused where it is listened on.
  return (host !== undefined || isIPv6(v6 ?? '')) && Number(port) <= 65_535 && URL.canParse(`http://${text}`);
}

/** By how much each wait is longer than the one before. */
export const factor = z
  .number()
  .min(1)
  .max(100)
  .default(2)
  .meta({ description: 'Each wait is so many times the one before.' });

/** Waits that grow: `first`, then `factor` times as long each time, up to `max`. */
export function growingWaits(first: string, least: number) {
  return z.strictObject({
    first: duration({ min: least }).prefault(first).meta({ description: 'First wait.' }),
    factor,
    max: duration({ min: least }).prefault('15m').meta({ description: 'Longest wait.' }),
  });
}
