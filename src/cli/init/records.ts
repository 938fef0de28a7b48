import { isObject } from '../../lib/json.ts';
import type { Json } from '../../model.ts';
import { type Key, keyOfRecords } from './key.ts';
import { type List, listsIn } from './lists.ts';

/** The records of a document, or the document as the one record. */
export type Records =
  | { readonly kind: 'list'; readonly list: List; readonly key: Key | null }
  /** The document is the one record. `inside`: a list in it that it could be as well. */
  | { readonly kind: 'document'; readonly inside: List | null };

/** Lists that are tried until one has a key. */
const MOST_LISTS = 5;

const SCALARS_OF_A_RECORD = 3;
/** Members that describe a list rather than an object. */
const ABOUT_LISTS =
  /^(?:total|count|page|pages|per_?page|size|limit|offset|next|previous|prev|cursor|has_?more|status|ok|success|error|code|message|version|generated.*|time.*)$/i;

/**
 * Finds the records of the documents that a source gave one after another.
 *
 * @param isList whether the format is a list already (CSV, NDJSON, a table)
 * @param isXml whether a single element may be a list
 */
export function recordsOf(documents: readonly Json[], isList: boolean, isXml: boolean): Records {
  const first = documents.find((one) => listsIn(one, isXml)[0]?.records.length) ?? documents[0] ?? null;
  const lists = listsIn(first, isXml).filter(({ path }) => !isList || path?.length === 0);
  const [likeliest] = lists;
  if (!likeliest) return { kind: 'document', inside: null };
  if (!isList && isOneThing(first)) return { kind: 'document', inside: likeliest };
  for (const list of lists.slice(0, MOST_LISTS)) {
    const polls = documents.map((one) => membersAt(one, list, isXml));
    const key = keyOfRecords(polls);
    if (key) return { kind: 'list', list, key };
  }
  const empty = likeliest.records.length === 0;
  return isList || empty
    ? { kind: 'list', list: likeliest, key: null }
    : { kind: 'document', inside: likeliest };
}

function membersAt(document: Json, { items }: List, isXml: boolean): readonly Json[] {
  return listsIn(document, isXml).find((list) => list.items === items)?.records ?? [];
}

/** Whether a document is one object with an identity of its own, which happens to contain a list. */
function isOneThing(document: Json): boolean {
  if (!isObject(document)) return false;
  const members = Object.entries(document);
  const [[, only] = []] = members;
  if (members.length === 1 && isObject(only)) return isOneThing(only);
  const own = members.filter(
    ([name, value]) => !ABOUT_LISTS.test(name) && (value === null || typeof value !== 'object'),
  );
  return (
    own.length >= SCALARS_OF_A_RECORD &&
    own.some(([name]) => /^[@_]?(?:id|uuid|key|number|job_?id)$/i.test(name))
  );
}
