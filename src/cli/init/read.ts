import { decodeText } from '../../decode/charset.ts';
import { type Format, parseContentType, recognize } from '../../decode/format.ts';
import { createParser } from '../../decode/parse.ts';
import type { Failure } from '../../errors.ts';
import type { Json } from '../../model.ts';
import { headerFor, isTabular } from './columns.ts';
import { tableIn } from './table.ts';
import { patternOf } from './text.ts';
import { literal, type Option } from './write.ts';

/** How an answer can be decoded. */
export type Look =
  | {
      readonly kind: 'readable';
      readonly format: Exclude<Format, 'text'>;
      /** The options that are needed to read it. */
      readonly options: readonly Option[];
      read(body: Buffer, contentType: string | null): { readonly value: Json } | Failure;
    }
  | { readonly kind: 'unreadable'; readonly failure: Failure; readonly pattern: string | null };

type Parsers = Parameters<typeof createParser>[0];

/** The most likely charset of text that is not UTF-8 and declares none. */
const USUAL_CHARSET = 'windows-1252';
const PREFIXED = /<[\w-]+:[\w-]|\s[\w-]+:[\w-]+=/;
const PLAIN = { format: 'auto', csv: undefined, html: undefined, text: undefined, key: undefined } as const;

/** The format of an answer: as `format: auto` finds it, or with the options that are needed. */
export function lookAt(body: Buffer, contentType: string | null): Look {
  const { type, charset: declared } = parseContentType(contentType);
  const given = decodeText(body, undefined, declared);
  const guessed = given.kind === 'refused' && declared === null ? USUAL_CHARSET : undefined;
  const answer = guessed === undefined ? given : decodeText(body, guessed, null);
  if (answer.kind === 'refused') return { kind: 'unreadable', failure: answer.failure, pattern: null };
  const { text } = answer;
  const charset = guessed && {
    name: 'charset',
    value: guessed,
    why: 'a guess: check that all letters are right',
  };

  /** Decodes an answer, or says why that is impossible. */
  const readAs = (format: Exclude<Format, 'text'>, parsers: Partial<Parsers>, more: readonly Option[]) => {
    const parser = createParser({ ...NO_PARSERS, ...parsers }, null, []);
    const read = (body: Buffer, contentType: string | null) => {
      const text = decodeText(body, guessed, parseContentType(contentType).charset);
      const parsed = text.kind === 'refused' ? text : parser.parseHere(format, text.text);
      return parsed.kind === 'refused' ? parsed.failure : parsed;
    };
    const options = [...(charset ? [charset] : []), ...more];
    const first = read(body, contentType);
    return 'code' in first ? first : ({ kind: 'readable', format, options, read } as const);
  };

  const found = recognize(PLAIN, type, text);
  const start = text.trimStart();
  let failure = typeof found === 'string' ? null : found.failure;
  const candidates = candidatesFor(found, start);
  for (const format of candidates) {
    const said = { name: 'format', value: format, why: `the server calls it ${contentType ?? 'nothing'}` };
    const [parsers, more] = settingsFor(format, text);
    const look = readAs(format, parsers, [...(format === found ? [] : [said]), ...more]);
    if ('kind' in look) return look;
    failure = look;
  }
  const markup = start.startsWith('<');
  const table = markup ? tableIn(text) : null;
  if (table) {
    const fields = Object.entries(table.fields).map(([name, place]) => [literal(name), literal(place)]);
    const html = { rows: literal(table.rows), fields: Object.fromEntries(fields) };
    const look = readAs('html', { html: table }, [{ name: 'html', value: html }]);
    if ('kind' in look) return look;
  }
  const pattern = markup || candidates.length > 0 ? null : patternOf(text);
  const nothing = { code: 'DECODE_TYPE', message: 'there is no list or table in this answer' } as const;
  const reason = failure ?? nothing;
  const elsewhere = '; it has no table: `html` says where its records are, with `rows` and `fields`';
  const message = markup && candidates.length === 0 ? reason.message + elsewhere : reason.message;
  return { kind: 'unreadable', failure: { ...reason, message }, pattern };
}

const NO_PARSERS: Parsers = { csv: undefined, xml: undefined, html: undefined, text: undefined };

type Said = 'json' | 'ndjson' | 'csv' | 'xml';

/** Formats to try: the recognised one, else those that the text resembles. */
function candidatesFor(found: Format | object, start: string): readonly Said[] {
  if (typeof found === 'string' && found !== 'html' && found !== 'text') return [found];
  if (/^[[{]/.test(start)) return ['json', 'ndjson'];
  if (start.startsWith('<?xml')) return ['xml'];
  return isTabular(start) ? ['csv'] : [];
}

/** Parsers for a format, and the options to write for them. */
function settingsFor(format: Said, text: string): readonly [Partial<Parsers>, readonly Option[]] {
  if (format === 'xml') {
    const option = { name: 'xml', value: { strip_namespaces: true } };
    return [{ xml: { strip_namespaces: true, arrays: [] } }, PREFIXED.test(text) ? [option] : []];
  }
  const header = format === 'csv' ? headerFor(text) : null;
  if (header === null) return [{}, []];
  const why = 'the first row looks like a record: name the columns as you like';
  const csv = { header: [...header], quote: '"', skip: 0 };
  return [{ csv }, [{ name: 'csv', value: { header }, why }]];
}
