import { isWithin } from '../lib/decimal.ts';
import { isObject, member } from '../lib/json.ts';
import type { FieldChange, Json, JsonObject } from '../model.ts';
import { canonical } from './canonical.ts';
import type { Lens } from './lens.ts';

/** Changes that one event lists, at most (wire.md). */
export const MOST_FIELDS = 200;

/**
 * The members in which two values differ, as JSON Pointers (RFC 6901). Lists are compared index by index, unordered
 * ones as a whole. Parts that the lens ignores and numbers within its tolerance are left out. At most {@link
 * MOST_FIELDS} + 1 are given, so that the caller can tell that there are more.
 */
export function differingFields(from: Json, to: Json, lens: Lens): FieldChange[] {
  const found: FieldChange[] = [];
  collect(from, to, lens, '', found);
  return found;
}

function collect(was: Json, is: Json, lens: Lens, path: string, found: FieldChange[]): void {
  const [from, to] = lens.through ? [opened(was, is), opened(is, was)] : [was, is];
  if (found.length > MOST_FIELDS || canonical(from, lens) === canonical(to, lens)) return;
  if (lens.tolerance && isWithin(from, to, lens.tolerance)) return;
  if (isObject(from) && isObject(to)) collectMembers(from, to, lens, path, found);
  else if (Array.isArray(from) && Array.isArray(to) && !lens.unordered)
    collectElements(from, to, lens, path, found);
  else found.push({ path, from, to });
}

/** A value for comparing parts: an empty container of the other value's kind if it has no parts itself. */
function opened(value: Json | undefined, other: Json | undefined): Json {
  if (isObject(value) || Array.isArray(value)) return value;
  return Array.isArray(other) ? [] : {};
}

function collectMembers(
  from: JsonObject,
  to: JsonObject,
  lens: Lens,
  path: string,
  found: FieldChange[],
): void {
  for (const name of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const inner = `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    collectPart(member(from, name), member(to, name), lens.at(name), inner, found);
  }
}

function collectElements(
  from: readonly Json[],
  to: readonly Json[],
  lens: Lens,
  path: string,
  found: FieldChange[],
): void {
  for (let at = 0; at < Math.max(from.length, to.length) && found.length <= MOST_FIELDS; at += 1) {
    collectPart(from[at], to[at], lens.at(String(at)), `${path}/${at}`, found);
  }
}

function collectPart(
  from: Json | undefined,
  to: Json | undefined,
  lens: Lens,
  path: string,
  found: FieldChange[],
): void {
  if (lens.ignored) return;
  if (lens.through) collect(opened(from, to), opened(to, from), lens, path, found);
  else if (from === undefined && to !== undefined) found.push({ path, to });
  else if (to === undefined && from !== undefined) found.push({ path, from });
  else if (from !== undefined && to !== undefined) collect(from, to, lens, path, found);
}
