import { isUtf8 } from 'node:buffer';
import { isShallow, parseJson } from '../../lib/json.ts';
import { valueAt } from '../../lib/path.ts';
import type { SourceRecord } from '../../model.ts';
import { keyOf } from '../key.ts';
import { findList } from './scan.ts';
import { type Spans, spansOf } from './spans.ts';
import { walk } from './walk.ts';

/** The previous JSON body, and the positions of its records, which are computed when first needed. */
export interface KnownBody {
  readonly body: Buffer;
  spans: Spans | null;
}

/** How a body differs from the known one: new and changed records, and keys that are gone. */
export interface Difference {
  readonly records: readonly SourceRecord[];
  readonly added: readonly string[];
  readonly gone: readonly string[];
  readonly total: number;
  readonly known: KnownBody;
}

/** Placeholder for the list when the rest of the document is parsed. */
const LIST = '\u0000list';

/**
 * Parses only the records whose bytes differ from a known body. Null if that might miss something: then the whole
 * body has to be parsed.
 *
 * @param path member names that lead to the list
 * @param paths paths of the fields that identify a record
 */
export function compareJson(
  known: KnownBody,
  body: Buffer,
  path: readonly string[],
  paths: readonly (readonly string[])[],
): Difference | null {
  const oldList = findList(known.body, path);
  const list = findList(body, path);
  if (oldList < 0 || list < 0 || !isUtf8(body)) return null;
  known.spans ??= spansOf(known.body, oldList);
  if (!known.spans) return null;
  const found = walk(known.body, known.spans, body, list);
  if (!found || !isRestSound(body, list, found.close, path)) return null;
  const records = read(body, found.spans, found.fresh, paths);
  const before = read(known.body, known.spans, found.stale, paths);
  if (!records || !before) return null;
  const now = new Set(records.map((record) => record.key));
  const then = new Set(before.map((record) => record.key));
  if (now.size !== records.length) return null;
  return {
    records,
    added: [...now].filter((key) => !then.has(key)),
    gone: [...then].filter((key) => !now.has(key)),
    total: found.spans.count,
    known: { body, spans: found.spans },
  };
}

/** Parses everything but the list: it must be well-formed, and the list must be the one that a parser would find. */
function isRestSound(body: Buffer, list: number, close: number, path: readonly string[]): boolean {
  const rest = `${body.toString('utf8', 0, list)}[${JSON.stringify(LIST)}]${body.toString('utf8', close)}`;
  try {
    const found = valueAt(parseJson(rest), path);
    return Array.isArray(found) && found.length === 1 && found[0] === LIST;
  } catch {
    return false;
  }
}

/** The records at the given places; null if one is malformed or has no key. */
function read(
  body: Buffer,
  spans: Spans,
  places: readonly number[],
  paths: readonly (readonly string[])[],
): SourceRecord[] | null {
  const records: SourceRecord[] = [];
  for (const place of places) {
    try {
      const value = parseJson(body.toString('utf8', spans.start(place), spans.end(place)));
      const key = keyOf(value, paths);
      if (key === null || !isShallow(value)) return null;
      records.push({ key, value });
    } catch {
      return null;
    }
  }
  return records;
}
