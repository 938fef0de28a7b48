import { isIPv6 } from 'node:net';
import { z } from 'zod';
import { PATH } from '../lib/path.ts';
import { Secret } from '../lib/secret.ts';
import { addIssue } from './add-issue.ts';

declare module 'zod' {
  interface GlobalMeta {
    /** The noun for values of this kind: `a duration`. */
    noun?: string;
    /** The unit that is missing in a bare number. */
    unit?: string;
    examples?: readonly string[];
    /** Never shown. */
    secret?: boolean;
  }
}

/**
 * Kinds of text in the configuration. Each has a noun in its `meta` and a hint in its messages.
 */

const NAME = /^[A-Za-z0-9_-]{1,64}$/;
export const name = z
  .string()
  .regex(NAME, 'a name has 1 to 64 letters, digits, _ or -')
  .meta({ noun: 'a name' });

/** Text that must never be shown. */
export const secret = z
  .string()
  .min(1)
  .meta({ secret: true })
  .transform((text) => new Secret(text));

/** A secret that clients send as a bearer token. */
export const token = z
  .string()
  .regex(/^[\x21-\x7e]+$/, 'a token has letters, digits and punctuation of ASCII, without spaces')
  .meta({ secret: true, noun: 'a token' })
  .transform((text) => new Secret(text));

/** Secret text for a header value: without control characters, so that it cannot become two headers. */
export const headerValue = z
  .string()
  .regex(
    /^[\t\x20-\x7e\x80-\xff]*$/,
    'a header value holds no line breaks, control characters or letters beyond Latin-1',
  )
  .meta({ secret: true, noun: 'a header value' })
  .transform((text) => new Secret(text));

/** An RFC 9110 token, except the headers for the connection and the length of the body. */
export const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'a header name has letters, digits and -, but no spaces or colon')
  .regex(
    /^(?!(?:connection|content-length|expect|keep-alive|te|trailer|transfer-encoding|upgrade)$)/i,
    'this header is set by the connection itself: remove it',
  )
  .meta({ noun: 'a header name' });

export const headers = z.record(headerName, headerValue);

/** A dotted path into a record: `a.b`, `list.*.c`. Names may contain dots: `@odata.etag`, `Art.-Nr.`. */
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
    if (!URL.canParse(context.value)) return addIssue(context, 'this is not a URL', example);
    const { protocol, username, password } = new URL(context.value);
    if (protocol !== 'http:' && protocol !== 'https:') {
      addIssue(context, 'only http and https are supported', example);
    } else if (username || password) {
      addIssue(context, 'user name and password do not belong in a URL', 'use `auth` with `type: basic`');
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
      addIssue(
        context,
        'this is not an address',
        'an address is written like 127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080',
      );
    }
  });

/** Whether a text is `host:port`. */
export function isAddress(text: string): boolean {
  const [, host, v6, port] = /^(?:([A-Za-z0-9.-]+)|\[([0-9A-Fa-f:.]+)\]):(\d{1,5})$/.exec(text) ?? [];
  // A host that looks like an IPv4 address must be one.
  return (host !== undefined || isIPv6(v6 ?? '')) && Number(port) <= 65_535 && URL.canParse(`http://${text}`);
}
