import { decodeText } from '../../decode/charset.ts';
import { type Format, parseContentType, recognize } from '../../decode/format.ts';
import { createParser } from '../../decode/parse.ts';
import type { Failure } from '../../errors.ts';
import type { Json } from '../../model.ts';
import { type Table, tableIn } from './table.ts';
import { patternOf } from './text.ts';

const PREFIXED = /<[\w-]+:[\w-]|\s[\w-]+:[\w-]+=/;

/** How an answer can be read. */
export type Look =
  | {
      readonly kind: 'document';
      readonly format: Exclude<Format, 'html' | 'text'>;
      readonly said: boolean;
      /** Whether names have prefixes, which are chosen by the server as it pleases. */
      readonly prefixes: boolean;
    }
  | { readonly kind: 'table'; readonly table: Table }
  | { readonly kind: 'unreadable'; readonly failure: Failure; readonly pattern: string | null };

/** The format of an answer: as pollhook would find it, or one that has to be said (`said`). */
export function lookAt(body: Buffer, contentType: string | null): Look {
  const { type, charset } = parseContentType(contentType);
  const text = decodeText(body, undefined, charset);
  if (text.kind === 'refused') return { kind: 'unreadable', failure: text.failure, pattern: null };
  const plain = { format: 'auto', csv: undefined, html: undefined, text: undefined, key: undefined } as const;
  const found = recognize(plain, type, text.text);
  const start = text.text.trimStart();
  const tries: readonly (readonly [format: 'json' | 'ndjson' | 'csv' | 'xml', said: boolean])[] =
    typeof found === 'string' && found !== 'html' && found !== 'text'
      ? [[found, false]]
      : /^[[{]/.test(start)
        ? [
            ['json', true],
            ['ndjson', true],
          ]
        : start.startsWith('<?xml')
          ? [['xml', true]]
          : isTabular(start)
            ? [['csv', true]]
            : [];
  let failure = typeof found === 'string' ? null : found.failure;
  for (const [format, said] of tries) {
    const read = documentOf(body, contentType, format);
    if (!('code' in read))
      return { kind: 'document', format, said, prefixes: format === 'xml' && PREFIXED.test(start) };
    failure = read;
  }
  const markup = start.startsWith('<');
  const table = markup ? tableIn(text.text) : null;
  if (table) return { kind: 'table', table };
  const pattern = markup || tries.length > 0 ? null : patternOf(text.text);
  const nothing = { code: 'DECODE_TYPE', message: 'there is no list or table in this answer' } as const;
  const told = failure ?? nothing;
  const elsewhere = '; it has no table: `html` says where its records are, with `rows` and `fields`';
  const message = markup && tries.length === 0 ? told.message + elsewhere : told.message;
  return { kind: 'unreadable', failure: { ...told, message }, pattern };
}

/** An answer as a document, read in a format. */
export function documentOf(
  body: Buffer,
  contentType: string | null,
  format: 'json' | 'ndjson' | 'csv' | 'xml',
): { readonly value: Json } | Failure {
  const text = decodeText(body, undefined, parseContentType(contentType).charset);
  if (text.kind === 'refused') return text.failure;
  const xml = { strip_namespaces: true, arrays: [] };
  const parsed = createParser({ csv: undefined, xml, html: undefined, text: undefined }, null, []).readHere(
    format,
    text.text,
  );
  return parsed.kind === 'refused' ? parsed.failure : parsed;
}

/** Whether the first lines have the same cells, as lines of words do not. */
function isTabular(text: string): boolean {
  const lines = text.split(/\r\n?|\n/, 20).filter((line) => line.trim() !== '');
  return [',', ';', '\t', '|'].some((sign) => {
    const widths = lines.map((line) => line.split(sign).length);
    const [header = 1] = widths;
    return (
      lines.length > 1 &&
      header > 1 &&
      widths.every((width) => width === header) &&
      !/\s{2}|: /.test(lines[0] ?? '')
    );
  });
}
