import { isObject } from '../lib/json.ts';
import { valueAt } from '../lib/path.ts';
import type { Json } from '../model.ts';
import { quoted } from './parsed.ts';

/** The kind of a value, for messages. Reveals nothing of the value itself. */
export function kindOf(value: Json | undefined): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (isObject(value)) return 'an object';
  if (typeof value === 'string') return value === '' ? 'an empty text' : 'a text';
  return typeof value === 'boolean' ? 'a boolean' : 'a number';
}

/**
 * The member names at the deepest existing part of a path, for messages about a missing value; empty if there are none.
 *
 * @param what name of the whole value
 */
export function insteadOf(value: Json, path: readonly string[], what = 'the document'): string {
  for (let depth = path.length; depth >= 0; depth -= 1) {
    const found = valueAt(value, path.slice(0, depth));
    if (!isObject(found)) continue;
    const place = depth === 0 ? what : quoted(path.slice(0, depth).join('.'));
    return `; ${place} has ${names(Object.keys(found))}`;
  }
  return '';
}

const MOST_NAMES = 8;

/** The first of many names, shortened: they come from the polled system. */
export function names(all: readonly string[]): string {
  if (all.length === 0) return 'no members';
  const shown = all.slice(0, MOST_NAMES).map((name) => JSON.stringify(name.slice(0, 40)));
  return shown.join(', ') + (all.length > shown.length ? ', …' : '');
}
