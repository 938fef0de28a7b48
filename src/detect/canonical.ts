import { hash } from 'node:crypto';
import { canonicalNumber, isObject } from '../lib/json.ts';
import type { Json, JsonObject } from '../model.ts';
import type { Lens } from './lens.ts';

/** Canonical text of a value without any compared part: the same as if it were absent. */
const NOTHING = '';

/**
 * One text for all spellings of the same value, as far as the lens compares it: members sorted by name, numbers
 * normalised, unordered lists sorted. Two records are equal exactly when these texts are.
 */
export function canonical(value: Json, lens: Lens): string {
  if (Array.isArray(value)) return canonicalList(value, lens);
  if (isObject(value)) return canonicalObject(value, lens);
  return lens.through ? NOTHING : canonicalScalar(value as Scalar);
}

type Scalar = Exclude<Json, readonly unknown[] | JsonObject>;

function canonicalScalar(value: Scalar): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return value === null || typeof value === 'boolean' ? String(value) : canonicalNumber(value);
}

function canonicalList(list: readonly Json[], lens: Lens): string {
  const parts: string[] = [];
  for (const [at, part] of list.entries()) {
    const inner = lens.plain ? lens : lens.at(String(at));
    if (!inner.ignored) parts.push(canonical(part, inner));
  }
  const shown = lens.through ? withoutNothing(parts, lens) : parts;
  if (lens.unordered) shown.sort();
  if (lens.through && shown.length === 0) return NOTHING;
  return `[${shown.join(',')}]`;
}

/** Drops elements without compared parts: all of them if the order does not matter, else only those at the end. */
function withoutNothing(parts: readonly string[], { unordered }: Lens): string[] {
  const last = parts.findLastIndex((part) => part !== NOTHING);
  return unordered ? parts.filter((part) => part !== NOTHING) : parts.slice(0, last + 1);
}

function canonicalObject(object: { readonly [name: string]: Json }, lens: Lens): string {
  let text = '';
  const { sorted, labels } = shapeOf(Object.keys(object));
  for (let at = 0; at < sorted.length; at += 1) {
    const name = sorted[at] as string;
    const inner = lens.plain ? lens : lens.at(name);
    if (inner.ignored) continue;
    const part = canonical(object[name] as Json, inner);
    if (part !== NOTHING) text += (text === '' ? '' : ',') + labels[at] + part;
  }
  if (lens.through && text === '') return NOTHING;
  return `{${text}}`;
}

/** The names of an object's members. */
interface Shape {
  readonly names: readonly string[];
  readonly sorted: readonly string[];
  /** The names as JSON, each with its colon. */
  readonly labels: readonly string[];
}

/** Shapes seen last: the records of a list have the same members, mostly in the same order. */
const shapes: Shape[] = [];
const MOST_SHAPES = 8;
/** Objects with more members are dictionaries, each with names of its own. */
const MOST_NAMES = 100;

function shapeOf(names: readonly string[]): Shape {
  for (const shape of shapes) if (isSame(shape.names, names)) return shape;
  const sorted = names.toSorted();
  const shape = { names, sorted, labels: sorted.map((name) => `${JSON.stringify(name)}:`) };
  if (names.length <= MOST_NAMES && shapes.unshift(shape) > MOST_SHAPES) shapes.pop();
  return shape;
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return false;
  return true;
}

/** The parts of a value that a lens compares. */
export function* partsOf(value: Json, lens: Lens): Iterable<Json> {
  if (lens.ignored) return;
  if (!lens.through) yield value;
  else if (isObject(value) || Array.isArray(value))
    for (const [name, part] of Object.entries(value)) yield* partsOf(part, lens.at(name));
}

/** 128 bits of SHA-256 over the canonical text: equal digests mean equal records. */
export function digestOf(value: Json, lens: Lens): string {
  return hash('sha256', canonical(value, lens), 'base64url').slice(0, 22);
}
