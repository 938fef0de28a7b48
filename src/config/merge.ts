import { type Entry, entry, type Mapping, type Tree } from './tree.ts';

/** Mutually exclusive options: one that is written replaces the other one of the defaults. */
const INSTEAD: ReadonlyMap<string, string> = new Map([
  ['every', 'cron'],
  ['cron', 'every'],
]);

/** Options that depend on another one: taken from the defaults only together with it. */
const ONLY_WITH: ReadonlyMap<string, string> = new Map([
  ['timezone', 'cron'],
  ['content_type', 'body'],
]);

/** Puts defaults under a source or webhook: maps merge, lists and scalars replace. */
export function withDefaults(own: Tree, defaults: Tree | undefined): Tree {
  if (own.kind !== 'map' || defaults?.kind !== 'map') return own;
  const replaced = new Set([...own.entries.keys()].map((key) => INSTEAD.get(key)));
  const kept = new Map([...defaults.entries].filter(([key]) => !replaced.has(key)));
  for (const [key, other] of ONLY_WITH) {
    if (!own.entries.has(other) && !kept.has(other)) kept.delete(key);
  }
  return merge(own, { ...defaults, entries: kept });
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

/** Credentials are merged only if they are of the same type. */
function sameType(own: Mapping, below: Mapping): boolean {
  const [mine, theirs] = [entry(own, 'type')?.value, entry(below, 'type')?.value];
  if (mine?.kind !== 'scalar' || theirs?.kind !== 'scalar') return true;
  return mine.value === theirs.value;
}

/** Removes defaults that differ from own header names only in case. */
function without(below: Mapping, own: Mapping): Mapping {
  const taken = new Set([...own.entries.keys()].map((name) => name.toLowerCase()));
  return {
    ...below,
    entries: new Map([...below.entries].filter(([name]) => !taken.has(name.toLowerCase()))),
  };
}
