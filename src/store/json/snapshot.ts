import type { PollNote, SourceProgress, StoredRecord } from '../../model.ts';
import type { Codec } from './adapter.ts';
import { line } from './document.ts';

/**
 * A source's document: its head, then one line per record, `{"key":…,"digest":…,"value":…}`, sorted by the bytes of
 * the key's JSON text. A record is therefore found by binary search, a commit copies unchanged records as runs of
 * bytes, and only requested records are parsed. Values are kept as written, digit for digit.
 */
export interface SourceDocument {
  readonly head: SourceHead;
  /** The records, as runs of whole lines. */
  readonly records: readonly Buffer[];
}

/** The part of a source that stays in memory. */
export interface SourceHead {
  readonly source: string;
  /** Counts writes: commits and resets. */
  readonly revision: number;
  /** Counts commits; continues after a reset, so that no number is used twice. */
  readonly version: number;
  readonly sequence: number;
  /** Null after a reset. */
  readonly snapshot: { readonly records: number; readonly progress: SourceProgress } | null;
  /** Of the last commit. */
  readonly note: PollNote | null;
  /** The name under which the streams of its deliveries began; absent if it is its current one. */
  readonly lineage?: string;
  /**
   * After a rename: what is left under the old name, whose document is written after this one. As long as that has this
   * revision, it is what counts.
   */
  readonly carried?: { readonly revision: number; readonly left: SourceHead };
}

export const sourceCodec: Codec<SourceDocument> = {
  kind: 'source',
  encode: ({ head, records }) => [line(head), ...records],
  decode(lines) {
    const end = lines.indexOf(NEWLINE);
    return { head: JSON.parse(lines.toString('utf8', 0, end)), records: [lines.subarray(end + 1)] };
  },
};

const NEWLINE = 0x0a;
const KEY = '{"key":';
/** Separators. They cannot occur inside a JSON string, where every quote is escaped. */
const DIGEST = Buffer.from(',"digest":');
const VALUE = Buffer.from(',"value":');

/**
 * Applies `edits` (null removes) to sorted records: the result as runs of bytes, and the change of their number.
 * Removing a missing key has no effect.
 */
export function splice(
  records: Buffer,
  edits: ReadonlyMap<string, StoredRecord | null>,
): { records: Buffer[]; growth: number } {
  const sorted = [...edits]
    .map(([key, record]) => ({ token: tokenOf(key), record }))
    .sort((a, b) => Buffer.compare(a.token, b.token));
  const runs: Buffer[] = [];
  let growth = 0;
  let copied = 0;
  for (const { token, record } of sorted) {
    const at = lowerBound(records, token, copied);
    const end = isAt(records, at, token) ? lineEnd(records, at) : at;
    if (at > copied) runs.push(records.subarray(copied, at));
    if (record) runs.push(lineOf(record));
    growth += (record ? 1 : 0) - (end > at ? 1 : 0);
    copied = end;
  }
  if (copied < records.length) runs.push(records.subarray(copied));
  return { records: runs, growth };
}

/** The JSON text of a record as it was stored; null if there is none with this key. */
export function textOf(records: Buffer, key: string): string | null {
  const token = tokenOf(key);
  const at = lowerBound(records, token, 0);
  if (!isAt(records, at, token)) return null;
  const value = records.indexOf(VALUE, at + KEY.length + token.length) + VALUE.length;
  return records.toString('utf8', value, lineEnd(records, at) - '}\n'.length);
}

/** Key and digest of every record, in batches of at most `size`. */
export function* digestsOf(
  records: Buffer,
  size: number,
): Generator<readonly (readonly [key: string, digest: string])[]> {
  let batch: [string, string][] = [];
  for (let at = 0; at < records.length; at = lineEnd(records, at)) {
    const digest = records.indexOf(DIGEST, at);
    const value = records.indexOf(VALUE, digest);
    batch.push([
      stringAt(records, at + KEY.length, digest),
      stringAt(records, digest + DIGEST.length, value),
    ]);
    if (batch.length === size) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

/** All records in order. */
export function* recordsIn(records: Buffer): Generator<StoredRecord> {
  for (let at = 0; at < records.length; at = lineEnd(records, at)) {
    const digest = records.indexOf(DIGEST, at);
    const value = records.indexOf(VALUE, digest);
    yield {
      key: stringAt(records, at + KEY.length, digest),
      digest: stringAt(records, digest + DIGEST.length, value),
      text: records.toString('utf8', value + VALUE.length, lineEnd(records, at) - '}\n'.length),
    };
  }
}

export function lineOf({ key, digest, text }: StoredRecord): Buffer {
  return Buffer.from(`${KEY}${JSON.stringify(key)},"digest":${JSON.stringify(digest)},"value":${text}}\n`);
}

function tokenOf(key: string): Buffer {
  return Buffer.from(JSON.stringify(key));
}

/** The offset of the first line, from `low` on, whose key is not before `token`. */
function lowerBound(records: Buffer, token: Buffer, low: number): number {
  let first = low;
  let last = records.length;
  while (first < last) {
    const middle = (first + last) >>> 1;
    const at = middle === 0 ? 0 : records.lastIndexOf(NEWLINE, middle - 1) + 1;
    if (compareAt(records, at, token) < 0) first = lineEnd(records, at);
    else last = at;
  }
  return first;
}

function isAt(records: Buffer, at: number, token: Buffer): boolean {
  return at < records.length && compareAt(records, at, token) === 0;
}

/** Compares keys as bytes: no JSON string is a prefix of another, so comparing the length of one is enough. */
function compareAt(records: Buffer, at: number, token: Buffer): number {
  const start = at + KEY.length;
  return records.compare(token, 0, token.length, start, Math.min(start + token.length, records.length));
}

function lineEnd(records: Buffer, at: number): number {
  return records.indexOf(NEWLINE, at) + 1;
}

function stringAt(records: Buffer, start: number, end: number): string {
  const text = records.toString('utf8', start + 1, end - 1);
  return text.includes('\\') ? JSON.parse(`"${text}"`) : text;
}
