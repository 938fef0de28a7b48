import type { SourceConfig } from '../config/document.ts';
import { type Failure, failure, messageOf } from '../errors.ts';
import { isShallow, parseJson } from '../lib/json.ts';
import { parsePath } from '../lib/path.ts';
import type { Json, Reading, SourceRecord } from '../model.ts';
import { parseContentType, refuseFormat } from './format.ts';
import { itemsOf, listAt } from './items.ts';
import { compareJson } from './json/compare.ts';
import { keyOf } from './key.ts';
import { decodeText, isUtf8Name } from './text.ts';
import { isSame, unpack, type Witness } from './witness.ts';

/** What an answer showed, or why it cannot be trusted. */
export type Decoded =
  | {
      readonly kind: 'reading';
      readonly reading: Reading;
      readonly witness: Witness | null;
      /** The whole document that the records are in, parsed when it is first asked for. */
      document(): Json;
    }
  | { readonly kind: 'refused'; readonly failure: Failure };

/**
 * Turns an answer into records. With a witness, only what differs from it may be read.
 *
 * @param witness the last answer that was accepted, by the same decoder; null to read everything
 */
export type Decoder = (body: Buffer, contentType: string | null, witness: Witness | null) => Promise<Decoded>;

type Options = Pick<SourceConfig, 'format' | 'items' | 'key'>;

export function createDecoder(source: Options): Decoder {
  const items = itemsOf(source);
  const key = source.key?.map(parsePath);

  return async (body, contentType, witness) => {
    const { type, charset } = parseContentType(contentType);
    // Bytes can be compared with those before only if both mean the same text.
    const known =
      witness && isUtf8Name(charset) && !refuseFormat(source.format, type, beginning(body)) ? witness : null;
    const document = () => parseJson(body.toString());
    if (known && isSame(known, body))
      return { kind: 'reading', reading: { kind: 'same' }, witness: known, document };
    if (known && items.kind === 'path' && key) {
      const found = compareJson(unpack(known), body, items.path, key);
      if (found)
        return { kind: 'reading', reading: { kind: 'some', ...found }, witness: found.known, document };
    }
    const text = decodeText(body, charset);
    if (text.kind === 'refused') return text;
    const wrong = refuseFormat(source.format, type, text.text);
    if (wrong) return { kind: 'refused', failure: wrong };
    const parsed = parse(text.text);
    if ('failure' in parsed) return { kind: 'refused', failure: parsed.failure };
    const records = await recordsOf(parsed.value);
    if ('code' in records) return { kind: 'refused', failure: records };
    return {
      kind: 'reading',
      reading: { kind: 'all', records },
      witness: text.utf8 ? { body, spans: null } : null,
      document: () => parsed.value,
    };
  };

  async function recordsOf(document: Json): Promise<readonly SourceRecord[] | Failure> {
    if (items.kind === 'document') return [{ key: '', value: document }];
    const list = items.kind === 'path' ? listAt(document, items.path) : await items.select(document);
    return 'code' in list ? list : keyed(list, source.key ?? [], key ?? []);
  }
}

/** Enough of a body to tell its format. */
function beginning(body: Buffer): string {
  return body.toString('latin1', 0, 1000);
}

function parse(text: string): { readonly value: Json } | { readonly failure: Failure } {
  try {
    const value = parseJson(text);
    if (isShallow(value)) return { value };
    return { failure: failure('DECODE_MALFORMED', 'the answer is nested deeper than 200 levels') };
  } catch (error) {
    if (error instanceof SyntaxError) {
      return {
        failure: failure('DECODE_MALFORMED', `the answer is not valid JSON: ${where(error.message, text)}`),
      };
    }
    return { failure: failure('DECODE_MALFORMED', `the answer cannot be read: ${messageOf(error)}`) };
  }
}

/** V8 names either the position or the character, and quotes the text around it, which must not leave. */
function where(message: string, text: string): string {
  const token = /^Unexpected token '(.)'/.exec(message)?.[1];
  if (token !== undefined) return `unexpected ${JSON.stringify(token)}`;
  const position = Number(/at position (\d+)/.exec(message)?.[1] ?? text.length);
  if (position >= text.trimEnd().length) return 'it ends too early';
  const line = text.slice(0, position).split('\n').length;
  const column = position - text.lastIndexOf('\n', position - 1);
  return `unexpected ${JSON.stringify(text.slice(position, position + 1))} at line ${line}, column ${column}`;
}

function keyed(
  list: readonly Json[],
  names: readonly string[],
  paths: readonly (readonly string[])[],
): readonly SourceRecord[] | Failure {
  const keys = new Map<string, number>();
  const records: SourceRecord[] = [];
  for (const [at, value] of list.entries()) {
    const key = keyOf(value, paths);
    if (key === null)
      return failure('DECODE_KEY', `record ${at + 1} of ${list.length} has no usable ${names.join(' + ')}`);
    const first = keys.get(key);
    if (first !== undefined) {
      const both = `records ${first + 1} and ${at + 1} of ${list.length}`;
      return failure(
        'DECODE_DUPLICATE',
        `${both} have the same ${names.join(' + ')}: ${JSON.stringify(key.slice(0, 80))}`,
      );
    }
    keys.set(key, at);
    records.push({ key, value });
  }
  return records;
}
