import { isAscii, isUtf8 } from 'node:buffer';
import { type Charset, charsetOf, UTF_8 } from '../lib/charset.ts';
import { lineAndColumn, type Refused, refused } from './parsed.ts';

/** A body as text. `utf8` tells that positions of bytes and of the text's bytes agree. */
export interface PlainText {
  readonly kind: 'text';
  readonly text: string;
  readonly utf8: boolean;
}

/** The same, or why it is none. */
type Text = PlainText | Refused;

/**
 * Decodes a body by its byte order mark, else by what the operator said, else by what the header declares, else by what
 * the document declares, else as UTF-8.
 *
 * What bytes mean depends on these alone, never on the other bytes of the answer: a guess could come out differently
 * for the next answer, and then every letter beyond ASCII would change. So nothing is guessed, and where the bytes
 * contradict what the server declares, the answer is refused, with what to write to settle it for good.
 *
 * @param said the option `charset`
 * @param declared the parameter of the Content-Type
 */
export function decodeText(body: Buffer, said: string | undefined, declared: string | null): Text {
  const mark = markOf(body);
  if (mark) return read(body.subarray(mark.length), mark.charset, 'the byte order mark says', false);
  if (said !== undefined) return read(body, charsetOf(said) ?? UTF_8, '`charset` says');
  const label = (declared ?? declaredIn(body))?.slice(0, 40);
  if (label === undefined) return read(body, wideCharset(body) ?? UTF_8, 'without a declaration it is');
  const charset = charsetOf(label);
  if (!charset) {
    return refuse(
      `the declared charset ${JSON.stringify(label)} is not known; write the right one as \`charset\``,
    );
  }
  if (!charset.name.startsWith('utf') && isUtf8(body) && !isAscii(body)) {
    const choice = `write \`charset: utf-8\`, or \`charset: ${charset.name}\` if the declaration is right`;
    return refuse(`the answer is declared as ${label}, but reads as UTF-8; ${choice}`);
  }
  // Without a mark the order of bytes is whatever the first character shows.
  const ordered = charset.name.startsWith('utf-16') ? (wideCharset(body) ?? charset) : charset;
  return read(body, ordered, 'the server declares');
}

/** @param because what says that it is this charset */
function read(body: Buffer, charset: Charset, because: string, isWhole = true): Text {
  const text = charset.decode(body);
  if (text !== null) return { kind: 'text', text, utf8: isWhole && charset === UTF_8 };
  if (charset !== UTF_8) return refuse(`${because} ${charset.name}, but the answer is not valid in it`);
  const lenient = body.toString();
  const place = lineAndColumn(lenient, lenient.indexOf('\ufffd'));
  const likely = otherFor(body)?.name ?? 'windows-1252';
  const choice = `if it is always ${likely}, write \`charset: ${likely}\``;
  return refuse(`${because} UTF-8, but the answer is not valid in it (${place}); ${choice}`);
}

/** The charset that the document declares, if that fits. */
function otherFor(body: Buffer): Charset | null {
  const charset = charsetOf(declaredIn(body) ?? '');
  return charset?.decode(body) == null ? null : charset;
}

const MARKS = [
  { bytes: [0xef, 0xbb, 0xbf], label: 'utf-8' },
  { bytes: [0xff, 0xfe], label: 'utf-16le' },
  { bytes: [0xfe, 0xff], label: 'utf-16be' },
];

function markOf(body: Buffer): { readonly length: number; readonly charset: Charset } | null {
  const mark = MARKS.find(({ bytes }) => bytes.every((byte, index) => body[index] === byte));
  return mark ? { length: mark.bytes.length, charset: charsetOf(mark.label) ?? UTF_8 } : null;
}

/** UTF-16 without a mark: every format begins with an ASCII character, and no text has a zero byte. */
function wideCharset(body: Buffer): Charset | null {
  if (body[0] !== 0 && body[1] === 0) return charsetOf('utf-16le');
  return body[0] === 0 && body[1] !== 0 ? charsetOf('utf-16be') : null;
}

/** What an XML or HTML document says of itself in its beginning, where HTML looks for it too. */
function declaredIn(body: Buffer): string | null {
  const start = body.toString('latin1', 0, 1024).trimStart();
  if (!start.startsWith('<')) return null;
  const [, xml] = /^<\?xml\s[^>]*?\bencoding\s*=\s*["']([\w.:-]+)["']/.exec(start) ?? [];
  const [, html] = /<meta\s[^>]*?\bcharset\s*=\s*["']?([\w.:-]+)/i.exec(start) ?? [];
  return xml ?? html ?? null;
}

function refuse(message: string): Refused {
  return refused('DECODE_CHARSET', message);
}
