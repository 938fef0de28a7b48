import { isAscii, isUtf8 } from 'node:buffer';
import { type Charset, charsetOf, UTF_8 } from '../lib/charset.ts';
import { lineAndColumn, type Refused, refused } from './parsed.ts';

/** A body as text. `utf8`: whether its bytes are the UTF-8 of the text, so that byte positions agree. */
export interface PlainText {
  readonly kind: 'text';
  readonly text: string;
  readonly utf8: boolean;
}

/** A text, or why the body is none. */
type Text = PlainText | Refused;

/**
 * Decodes a body by its byte order mark, else by `charset`, else by the header, else by the document's own
 * declaration, else as UTF-8.
 *
 * Nothing is guessed from the content: a guess could turn out differently for the next answer, and then every letter
 * beyond ASCII would change. If the bytes contradict the declared charset, the answer is refused with a hint about
 * what to configure.
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
  // Without a byte order mark the first character shows the byte order.
  const ordered = charset.name.startsWith('utf-16') ? (wideCharset(body) ?? charset) : charset;
  return read(body, ordered, 'the server declares');
}

/** @param because where the charset was declared, for messages */
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

/** The charset that the document itself declares, if the body is valid in it. */
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

/**
 * UTF-16 without a byte order mark: every format begins with an ASCII character, so that one of the first bytes is
 * zero.
 */
function wideCharset(body: Buffer): Charset | null {
  if (body[0] !== 0 && body[1] === 0) return charsetOf('utf-16le');
  return body[0] === 0 && body[1] !== 0 ? charsetOf('utf-16be') : null;
}

/** The charset that an XML or HTML document declares at its beginning. */
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
