import { type Entry, entry, type Mapping, type Tree } from './tree.ts';

/** Of each pair only one can hold: what is written nearer replaces the other one of the defaults. */
const INSTEAD: ReadonlyMap<string, readonly string[]> = new Map([
  ['every', ['cron', 'timezone']],
  ['cron', ['every']],
]);

/** Puts defaults under a source or webhook: maps merge, lists and scalars replace. */
export function withDefaults(own: Tree, defaults: Tree | undefined): Tree {
  if (own.kind !== 'map' || defaults?.kind !== 'map') return own;
  const replaced = new Set([...own.entries.keys()].flatMap((key) => INSTEAD.get(key) ?? []));
  const kept = [...defaults.entries].filter(([key]) => !replaced.has(key));
  return merge(own, { ...defaults, entries: new Map(kept) });
}

function merge(own: Mapping, below: Mapping): Mapping {
  const entries = new Map<string, Entry>(below.entries);
  for (const [key, mine] of own.entries) {
    const theirs = below.entries.get(key)?.value;
    entries.set(key, { at: mine.at, value: combine(key, mine.value, theirs) });
  }
  return { ...own, entries };
}

function combine(key: string, own: Tree, below: Tree | undefined): Tree {
  if (own.kind !== 'map' || below?.kind !== 'map') return own;
  if (key === 'headers') return merge(own, without(below, own));
  return sameType(own, below) ? merge(own, below) : own;
}

/** Two kinds of credentials have nothing to give each other. */
function sameType(own: Mapping, below: Mapping): boolean {
  const [mine, theirs] = [entry(own, 'type')?.value, entry(below, 'type')?.value];
  if (mine?.kind !== 'scalar' || theirs?.kind !== 'scalar') return true;
  return mine.value === theirs.value;
}

/** Header names are the same in any case. */
function without(below: Mapping, own: Mapping): Mapping {
  const taken = new Set([...own.entries.keys()].map((name) => name.toLowerCase()));
  return {
    ...below,
    entries: new Map([...below.entries].filter(([name]) => !taken.has(name.toLowerCase()))),
  };
}
