import { isObject } from '../../lib/json.ts';
import { isDottedPath } from '../../lib/path.ts';
import type { Json, JsonObject } from '../../model.ts';

/** A list that may hold the records. */
export interface List {
  /** What to write as `items`: a dotted path or an expression; null for the document itself. */
  readonly items: string | null;
  /** The same as a parsed path; null for an expression. */
  readonly path: readonly string[] | null;
  readonly records: readonly Json[];
  readonly score: number;
}

/** Names of lists of records in many systems. */
const USUAL =
  /^(?:items?|data|results?|records?|rows?|entr(?:y|ies)|values?|list|objects?|members?|content)$/i;
/** Names of lists with metadata. */
const ASIDE = /^(?:_?links?|errors?|warnings?|meta|facets?|filters?|columns|fields|schema)$/i;

/** Bounds of the search: levels of nesting, and members visited. */
const DEEPEST = 6;
const MOST_MEMBERS = 20_000;

/**
 * The lists of a document, the likeliest first: those whose members look like records (objects with the same members),
 * that are long, and not deep inside.
 *
 * @param single whether one object may stand for a list of one, as in XML
 */
export function listsIn(document: Json, single = false): readonly List[] {
  const found: List[] = [];
  const waiting: { readonly value: Json; readonly path: readonly string[] }[] = [
    { value: document, path: [] },
  ];
  for (let at = 0; at < waiting.length && at < MOST_MEMBERS; at += 1) {
    const { value, path } = waiting[at] as (typeof waiting)[number];
    if (Array.isArray(value)) {
      const score = scoreOf(value, path);
      if (score !== null) found.push({ items: written(path), path, records: value, score });
    } else if (isObject(value)) {
      const map = mapOf(value, path);
      if (map) found.push(map);
      else if (path.length < DEEPEST)
        for (const [name, inner] of Object.entries(value))
          waiting.push({ value: inner, path: [...path, name] });
      if (single && path.length > 0) found.push(...only(value, path));
    }
  }
  return found.sort((a, b) => b.score - a.score);
}

function scoreOf(list: readonly Json[], path: readonly string[]): number | null {
  if (list.length > 0 && !list.every(isObject)) return null;
  const name = path.at(-1) ?? '';
  const place = (USUAL.test(name) ? 2 : 0) - (ASIDE.test(name) ? 8 : 0) - path.length;
  return list.length === 0
    ? place - 20
    : place + 2 * Math.log2(1 + list.length) + 6 * likeness(list as JsonObject[]);
}

/** The fraction of members that all records have in common, from 0 to 1. */
function likeness(records: readonly JsonObject[]): number {
  const counts = new Map<string, number>();
  for (const record of records)
    for (const name of Object.keys(record)) counts.set(name, (counts.get(name) ?? 0) + 1);
  if (counts.size === 0) return 0;
  let sum = 0;
  for (const count of counts.values()) sum += count / records.length;
  return sum / counts.size;
}

/** An object whose members are records by their names, as a list. */
function mapOf(value: JsonObject, path: readonly string[]): List | null {
  const entries = Object.entries(value);
  const records = entries.map(([, one]) => one);
  if (records.length < 2 || !records.every(isObject) || likeness(records) < 0.75) return null;
  if (!records.some((one) => Object.keys(one).length > 1)) return null;
  const name = ['name', 'key', '_name'].find((free) => records.every((one) => !Object.hasOwn(one, free)));
  if (name === undefined) return null;
  const place = path.length === 0 ? '$' : expression(path);
  return {
    items: `$each(${place}, function($v, $k) { $merge([{ "${name}": $k }, $v]) })`,
    path: null,
    records: entries.map(([key, one]) =>
      Object.fromEntries([[name, key], ...Object.entries(one as JsonObject)]),
    ),
    score: 2 * Math.log2(1 + records.length) + 4 * likeness(records) - path.length,
  };
}

/** Generic element names of list members. */
const MEMBER = /^(?:item|entry|record|row)$/;

/** An XML element as a list of one, if its name or that of its parent says so. */
function only(value: JsonObject, path: readonly string[]): readonly List[] {
  const around = path.at(-1)?.toLowerCase() ?? '';
  return Object.entries(value).flatMap(([name, inner]) => {
    const word = name.toLowerCase();
    const plural = [`${word}s`, `${word}es`, word.replace(/y$/, 'ies'), `${word}list`].includes(around);
    if (!isObject(inner) || !(plural || MEMBER.test(word))) return [];
    const whole = [...path, name];
    return [{ items: written(whole), path: whole, records: [inner], score: 2 - whole.length }];
  });
}

function written(path: readonly string[]): string | null {
  if (path.length === 0) return null;
  return path.every(isDottedPath) ? path.join('.') : expression(path);
}

/** A path as JSONata, in which any name can be quoted. */
function expression(path: readonly string[]): string {
  return path
    .map((name) => (/^[A-Za-z_]\w*$/.test(name) ? name : `\`${name.replaceAll('`', '')}\``))
    .join('.');
}
