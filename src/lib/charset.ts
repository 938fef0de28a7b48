import { isUtf8 } from 'node:buffer';
import iconv from 'iconv-lite';

/** A character set that can be read. */
export interface Charset {
  /** One name for all its labels. */
  readonly name: string;
  /** The text, or null if the bytes are invalid in this charset: nothing is ever replaced. */
  decode(bytes: Buffer): string | null;
}

/**
 * A charset by any of its labels, in any case; null if there is no such charset. Labels mean what they mean on the
 * web (encoding.spec.whatwg.org: `iso-8859-1` is windows-1252), except that ASCII is read as UTF-8. Code pages of DOS
 * and the Mac are supported as well.
 */
export function charsetOf(label: string): Charset | null {
  if (/^(?:us-)?ascii$/i.test(label)) return UTF_8;
  try {
    // A decoder per text: leftovers of a failed one must not get into the next.
    const { encoding: name } = new TextDecoder(label);
    return name === 'utf-8' ? UTF_8 : { name, decode: (bytes) => strictly(name, bytes) };
  } catch {
    return codePage(label);
  }
}

export const UTF_8: Charset = {
  name: 'utf-8',
  decode: (bytes) => (isUtf8(bytes) ? bytes.toString() : null),
};

function strictly(name: string, bytes: Buffer): string | null {
  try {
    return new TextDecoder(name, { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** `cp437`, `IBM-850`, `850`, `macroman`: only charsets of the library, not its other codecs such as base64. */
function codePage(label: string): Charset | null {
  const plain = label.toLowerCase().replace(/[^a-z0-9]/g, '');
  const number = /^(?:cp|ibm|oem|dos|codepage)?0*(\d{3,5})$/.exec(plain)?.[1];
  const name = number === undefined ? plain : `cp${number}`;
  if (!/^(?:cp\d+|mac[a-z]+|utf32(?:le|be)?|hproman8|tcvn|viscii|armscii8|koi8[a-z]+)$/.test(name))
    return null;
  if (!iconv.encodingExists(name)) return null;
  return {
    name,
    decode(bytes) {
      const text = iconv.decode(bytes, name);
      return text.includes('\ufffd') ? null : text;
    },
  };
}
