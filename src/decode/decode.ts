import type { SourceConfig } from '../config/document.ts';
import { type Failure, failure } from '../errors.ts';
import { isShallow, parseJson } from '../lib/json.ts';
import { parsePath } from '../lib/path.ts';
import type { Json, Reading, SourceRecord } from '../model.ts';
import { parseContentType, refuseFormat } from './format.ts';
import { itemsOf, listAt } from './items.ts';
import { compareJson } from './json/compare.ts';
import { keyOf } from './key.ts';
import { decodeText } from './text.ts';
import { isSame, unpack, type Witness } from './witness.ts';

/** What an answer showed, or why it cannot be trusted. */
export type Decoded =
  | { readonly kind: 'reading'; readonly reading: Reading; readonly witness: Witness }
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
    if (witness && isSame(witness, body)) return { kind: 'reading', reading: { kind: 'same' }, witness };
    if (witness && items.kind === 'path' && key) {
      const found = compareJson(unpack(witness), body, items.path, key);
      if (found) return { kind: 'reading', reading: { kind: 'some', ...found }, witness: found.known };
    }
    const { type, charset } = parseContentType(contentType);
    const text = decodeText(body, charset);
    if (text.kind === 'refused') return text;
    const wrong = refuseFormat(source.format, type, text.text);
    if (wrong) return { kind: 'refused', failure: wrong };
    const records = await read(text.text);
    if ('code' in records) return { kind: 'refused', failure: records };
    return { kind: 'reading', reading: { kind: 'all', records }, witness: { body, spans: null } };
  };

  async function read(text: string): Promise<readonly SourceRecord[] | Failure> {
    const document = parse(text);
    if ('failure' in document) return document.failure;
    if (items.kind === 'document') return [{ key: '', value: document.value }];
    const list = items.kind === 'path' ? listAt(document.value, items.path) : await items.select(text);
    return 'code' in list ? list : keyed(list, source.key ?? [], key ?? []);
  }
}

function parse(text: string): { readonly value: Json } | { readonly failure: Failure } {
  try {
    const value = parseJson(text);
    if (isShallow(value)) return { value };
    return { failure: failure('DECODE_MALFORMED', 'the answer is nested deeper than 200 levels') };
  } catch (error) {
    // Both spell out part of the text or the depth reached; the position says enough, and nothing leaks.
    const place = error instanceof SyntaxError ? where(error.message, text) : 'it is nested too deeply';
    return { failure: failure('DECODE_MALFORMED', `the answer is not valid JSON: ${place}`) };
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
