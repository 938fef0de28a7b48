import { keyOf } from '../../decode/key.ts';
import { isObject, isRawNumber } from '../../lib/json.ts';
import { isPath, parsePath, valueAt } from '../../lib/path.ts';
import type { Json } from '../../model.ts';
import { looksLikeTime } from './volatile.ts';

export interface Key {
  readonly fields: readonly string[];
  /** Whether its name suggests an identifier; otherwise it merely happened to be unique. */
  readonly sure: boolean;
}

/** Scores for names of identifying fields, by the last part of the path. */
const NAMES: readonly (readonly [pattern: RegExp, score: number])[] = [
  [/^[@_]?id$/i, 100],
  [/^[@_]?(?:uuid|guid|key)$/i, 95],
  [/(?:^|[a-z_-])(?:ID|Id|id|uuid|guid)$/, 80],
  [/^@?(?:sku|isbn|ean|serial|slug|number|no|nr|num|code|ref|reference)$/i, 75],
  [/(?:_|-|[a-z])(?:key|number|no|nr|code|ref|serial|sku)$/i, 60],
  [
    /^@?(?:name|host|hostname|service|device|instance|filename|file|path|url|uri|href|link|address|mac|ip)$/i,
    50,
  ],
  [/^@?(?:seq|sequence|index|line|label|title|symbol)$/i, 45],
  [/(?:_|-|[a-z])name$/i, 40],
  [/count|qty|quantity|amount|price|value|size|total|state|status|stock|level|load/i, -30],
];
const SURE = 40;

/** Levels of nesting: deeper fields identify other things than the record. */
const DEEPEST = 2;
/** Fields that are tried in pairs. */
const MOST_PAIRED = 8;

/**
 * Finds the key: a field that all records have in every poll, unique within a poll and mostly the same in the next
 * one; or two such fields together.
 */
export function keyOfRecords(polls: readonly (readonly Json[])[]): Key | null {
  const sample = polls.find((records) => records.length > 0)?.[0];
  if (sample === undefined) return null;
  const present = fieldsOf(sample, null).filter(({ field }) =>
    polls.every((records) => records.every((record) => keyOf(record, [parsePath(field)]) !== null)),
  );
  const scored = present
    .map((one, at) => ({ field: one.field, score: scoreOf(one, sample) - at / 100 }))
    .sort((a, b) => b.score - a.score);
  const single = scored.filter(({ field }) => identifies([field], polls));
  const [best] = single;
  if (best && best.score >= SURE - 10) return { fields: [best.field], sure: true };
  const few = scored.filter(({ score }) => score > 0).slice(0, MOST_PAIRED);
  // Two long fields are nearly always unique together: one of them must have a name that suggests an identifier.
  for (const [at, { field: first, score }] of few.entries()) {
    if (score < SURE - 10) break;
    for (const { field: second } of few.slice(at + 1)) {
      if (identifies([first, second], polls)) return { fields: [first, second], sure: false };
    }
  }
  return best ? { fields: [best.field], sure: false } : null;
}

function identifies(fields: readonly string[], polls: readonly (readonly Json[])[]): boolean {
  const paths = fields.map(parsePath);
  let before: ReadonlySet<string> | null = null;
  for (const records of polls) {
    const keys = new Set<string>();
    for (const record of records) keys.add(keyOf(record, paths) ?? '');
    if (keys.size < records.length) return false;
    if (before && before.size > 0 && keys.size > 0) {
      const again = before.intersection(keys).size;
      if (again * 2 < Math.min(before.size, keys.size)) return false;
    }
    before = keys;
  }
  return true;
}

interface Field {
  /** Its path. */
  readonly field: string;
  /** The part of the path that carries the meaning. */
  readonly name: string;
  readonly depth: number;
}

function fieldsOf(value: Json, around: Field | null): Field[] {
  const depth = (around?.depth ?? 0) + 1;
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    if (!isPath(name)) return [];
    const field = { field: around ? `${around.field}.${name}` : name, name, depth };
    if (isObject(inner)) return depth < DEEPEST ? fieldsOf(inner, field) : [];
    if (Array.isArray(inner) || inner === null || typeof inner === 'boolean') return [];
    // The value of an XML element with attributes is its text.
    return [name === '#text' && around ? around : field];
  });
}

function scoreOf({ field, name, depth }: Field, sample: Json): number {
  const value = valueAt(sample, parsePath(field));
  const named = NAMES.find(([pattern]) => pattern.test(name.replace(/\.$/, '')))?.[1] ?? 10;
  const text = typeof value === 'string' ? value : '';
  const unlike = looksLikeTime(value ?? null) || /\s.*\s.*\s/.test(text) || text.length > 200 ? 60 : 0;
  const fraction = !Number.isInteger(numberOf(value)) && text === '' ? 40 : 0;
  return named - unlike - fraction - (depth - 1) * 25;
}

function numberOf(value: Json | undefined): number {
  return value !== undefined && isRawNumber(value) ? Number(value.rawJSON) : Number(value);
}
