import type { SourceConfig } from '../config/document.ts';
import { type Failure, failure } from '../errors.ts';
import { parsePath } from '../lib/path.ts';
import type { Json, Reading, SourceRecord } from '../model.ts';
import { binaryKind } from './binary.ts';
import { decodeText, type PlainText } from './charset.ts';
import { type Format, NAMES, parseContentType, recognize } from './format.ts';
import { itemsOf, listAt } from './items.ts';
import { compareJson } from './json/compare.ts';
import { keyed } from './keyed.ts';
import { createParser } from './parse.ts';
import { type Refused, refused } from './parsed.ts';
import { unpack, type Witness, witnessOf } from './witness.ts';

/** The records of an answer, or why it cannot be trusted. */
export type Decoded =
  | {
      readonly kind: 'reading';
      readonly reading: Reading;
      readonly witness: Witness;
      /** The whole document, parsed on first use; null if it cannot be parsed. */
      document(): Json;
    }
  | Refused;

/**
 * Decodes an answer into records. With a witness, only the records that differ from it may be decoded.
 *
 * @param witness the last answer that was accepted, by the same decoder; null to read everything
 */
export type Decoder = (body: Buffer, contentType: string | null, witness: Witness | null) => Promise<Decoded>;

type Options = Pick<SourceConfig, 'format' | 'charset' | 'csv' | 'xml' | 'html' | 'text' | 'items' | 'key'>;

/** Formats whose documents are lists. */
const LISTS: ReadonlySet<Format> = new Set(['ndjson', 'csv', 'html', 'text']);

interface Answer extends PlainText {
  readonly format: Format;
}

export function createDecoder(source: Options): Decoder {
  const items = itemsOf(source);
  const key = source.key?.map(parsePath);
  const list = items.kind === 'path' && key ? { path: items.path, key } : null;
  const isOfDocument = list !== null || (items.kind === 'expression' && items.isFilter);
  const columns = (isOfDocument ? source.key : null) ?? [];
  const parser = createParser(source, list?.path ?? null, columns);

  return async (body, contentType, witness) => {
    const document = () => {
      const text = textOf(body, contentType);
      const parsed = text.kind === 'refused' ? text : parser.parseHere(text.format, text.text);
      return parsed.kind === 'refused' ? null : parsed.value;
    };
    // Bytes can be compared with the previous ones only if both are decoded the same way.
    const before = list && witness?.contentType === contentType ? unpack(witness) : null;
    const difference = list && before && compareJson(before, body, list.path, list.key);
    if (difference) {
      const witness = { contentType, seen: difference.known };
      return { kind: 'reading', reading: { kind: 'some', ...difference }, witness, document };
    }
    const text = textOf(body, contentType);
    if (text.kind === 'refused') return text;
    const { format, utf8 } = text;
    const parsed = await parser.read(format, text.text);
    if (parsed.kind === 'refused') return parsed;
    const records = await recordsOf(parsed.value, format);
    if ('code' in records) return { kind: 'refused', failure: records };
    return {
      kind: 'reading',
      reading: { kind: 'all', records },
      witness: witnessOf(body, contentType, utf8 && format === 'json'),
      document: () => parsed.value,
    };
  };

  /** The text of an answer, and its format. */
  function textOf(body: Buffer, contentType: string | null): Answer | Refused {
    const binary = binaryKind(body);
    if (binary) return refused('DECODE_TYPE', `expected data, got ${binary}`);
    const { type, charset } = parseContentType(contentType);
    const text = decodeText(body, source.charset, charset);
    if (text.kind === 'refused') return text;
    const format = recognize(source, type, text.text);
    return typeof format === 'string' ? { ...text, format } : format;
  }

  async function recordsOf(value: Json, format: Format): Promise<readonly SourceRecord[] | Failure> {
    if (items.kind === 'document') {
      return LISTS.has(format)
        ? failure('DECODE_KEY', `${NAMES[format]} is a list of records: \`key\` must say what identifies one`)
        : [{ key: '', value }];
    }
    const list = items.kind === 'path' ? listAt(value, items.path) : await items.select(value);
    return 'code' in list ? list : keyed(list, source.key ?? [], key ?? []);
  }
}
