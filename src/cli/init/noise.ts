import { canonical } from '../../detect/canonical.ts';
import { createLens } from '../../detect/lens.ts';
import { isObject, member } from '../../lib/json.ts';
import { isPath } from '../../lib/path.ts';
import type { Json, SourceRecord } from '../../model.ts';
import { volatileKind } from './volatile.ts';

/** Fields and lists that differ between polls without a real change. */
export interface Noise {
  readonly ignore: readonly { readonly path: string; readonly why: string }[];
  readonly unordered: readonly string[];
  /** Fields that changed and may be data or noise. */
  readonly moving: readonly string[];
}

interface Moved {
  readonly values: readonly [from: Json | undefined, to: Json | undefined];
  readonly order: boolean;
}

interface Seen {
  /** Of the pairs of polls. */
  readonly pairs: Set<number>;
  /** How many records changed in it, over all pairs. */
  count: number;
  readonly values: (Json | undefined)[];
  order: boolean;
}

const LENS = createLens({ ignore: [], unordered: [], tolerance: [] });
const MOST_PATHS = 30;
/** With fewer records, a field that changes in all of them may be a coincidence. */
const MANY = 4;

/**
 * Compares each poll with the next, record by record. A field is noise if it changed between all polls in at least
 * half of the records, looks volatile or changed in many records, and at least once changed without any field that is
 * not noise.
 */
export function noiseOf(polls: readonly (readonly SourceRecord[])[]): Noise {
  const seen = new Map<string, Seen>();
  const together: (readonly string[])[] = [];
  let compared = 0;
  for (const [at, records] of polls.entries()) {
    const before = new Map(polls[at - 1]?.map(({ key, value }) => [key, value]));
    for (const { key, value } of records) {
      const known = before.get(key);
      if (known === undefined) continue;
      compared += 1;
      const moved = new Map<string, Moved>();
      differ(known, value, '', moved);
      for (const [path, { values, order }] of moved) {
        const one = seen.get(path) ?? { pairs: new Set(), count: 0, values: [], order: true };
        seen.set(path, one);
        one.pairs.add(at);
        one.count += 1;
        one.order &&= order;
        // The values of one record over time show what kind they are.
        if (key === polls[0]?.[0]?.key)
          one.values.push(...(one.values.length === 0 ? values : values.slice(1)));
      }
      if (moved.size > 0) together.push([...moved.keys()]);
    }
  }
  const pairs = polls.length - 1;
  const each = compared / Math.max(1, pairs);
  const unordered = [...seen].filter(([path, { order }]) => order && path !== '').map(([path]) => path);
  const quiet = new Map<string, string>();
  for (const [path, one] of seen) {
    if (one.order || path === '' || one.pairs.size < pairs || one.count * 2 < compared) continue;
    const nature = volatileKind(
      path.split('.').findLast((name) => name !== '*' && !/^\d+$/.test(name)) ?? '',
      one.values,
    );
    if (nature) quiet.set(path, nature);
    else if (each >= MANY && pairs > 1) quiet.set(path, 'changes by itself');
  }
  const alone = (path: string) =>
    together.some(
      (paths) => paths.includes(path) && paths.every((one) => quiet.has(one) || unordered.includes(one)),
    );
  const ignore = [...quiet].filter(([path]) => alone(path)).slice(0, MOST_PATHS);
  const settled = new Set([...unordered, ...ignore.map(([path]) => path)]);
  return {
    ignore: ignore.map(([path, why]) => ({ path, why })),
    unordered: unordered.slice(0, MOST_PATHS),
    moving: [...seen.keys()].filter((path) => !settled.has(path)).slice(0, MOST_PATHS),
  };
}

/** Collects differing members by their paths; members of list elements share a path with `*`. */
function differ(from: Json, to: Json, path: string, found: Map<string, Moved>): void {
  if (canonical(from, LENS) === canonical(to, LENS)) return;
  if (isObject(from) && isObject(to)) {
    for (const name of new Set([...Object.keys(from), ...Object.keys(to)])) {
      const [a, b] = [member(from, name), member(to, name)];
      // Not every name can be written in a path.
      const inner = isPath(name) ? joined(path, name) : path;
      if (a === undefined || b === undefined) found.set(inner, { values: [a, b], order: false });
      else if (inner === path) {
        if (canonical(a, LENS) !== canonical(b, LENS)) found.set(path, { values: [from, to], order: false });
      } else differ(a, b, inner, found);
    }
  } else if (Array.isArray(from) && Array.isArray(to) && from.length === to.length) {
    if (sorted(from) === sorted(to)) found.set(path, { values: [from, to], order: true });
    else {
      // Elements that are not objects may each mean something else, like a time and a measurement.
      for (const [at, one] of from.entries())
        differ(one, to[at] as Json, joined(path, isObject(one) ? '*' : String(at)), found);
    }
  } else found.set(path, { values: [from, to], order: false });
}

function joined(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function sorted(list: readonly Json[]): string {
  return list
    .map((one) => canonical(one, LENS))
    .sort()
    .join();
}
