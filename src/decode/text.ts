import { isUtf8 } from 'node:buffer';
import { type Failure, failure } from '../errors.ts';

/** A body as text, or why it is none. `utf8` tells that positions of bytes and of the text's bytes agree. */
export type Text =
  | { readonly kind: 'text'; readonly text: string; readonly utf8: boolean }
  | { readonly kind: 'refused'; readonly failure: Failure };

/** Decodes by byte order mark, then by the declared charset, then as UTF-8; never replaces what is invalid. */
export function decodeText(body: Buffer, declared: string | null): Text {
  const charset = markedCharset(body) ?? declared?.toLowerCase() ?? null;
  if (charset === null || isUtf8Name(charset)) {
    if (!isUtf8(body))
      return refused(`the answer is not valid ${declared ? `${declared} (declared)` : 'UTF-8'}`);
    const marked = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
    return { kind: 'text', text: body.toString('utf8', marked ? 3 : 0), utf8: !marked };
  }
  try {
    return { kind: 'text', text: new TextDecoder(charset, { fatal: true }).decode(body), utf8: false };
  } catch (error) {
    const why =
      error instanceof RangeError ? 'is not a known character set' : 'does not fit the bytes that came';
    return refused(`the declared charset ${JSON.stringify(charset)} ${why}`);
  }
}

/** Whether a declared charset (null: none) is UTF-8 or a part of it. */
export function isUtf8Name(charset: string | null): boolean {
  return charset === null || /^(?:utf-?8|us-ascii)$/i.test(charset);
}

function markedCharset(body: Buffer): string | null {
  if (body[0] === 0xff && body[1] === 0xfe) return 'utf-16le';
  if (body[0] === 0xfe && body[1] === 0xff) return 'utf-16be';
  return null;
}

function refused(message: string): Text {
  return { kind: 'refused', failure: failure('DECODE_CHARSET', message) };
}
