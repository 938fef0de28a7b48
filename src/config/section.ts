import { missing } from './explain.ts';
import { withDefaults } from './merge.ts';
import type { Finding } from './problem.ts';
import type { Resolved } from './rules.ts';
import { asWritten, entry, type Place, sizeOf, step, type Tree, withEntries } from './tree.ts';
import { name as nameSchema } from './values.ts';

/** The entries of `sources` or `webhooks`. */
export interface Section<T> {
  readonly names: readonly string[];
  readonly configs: ReadonlyMap<string, T>;
  /** The section with defaults merged into every entry. */
  readonly tree: Tree | undefined;
  readonly findings: readonly Finding[];
  readonly warnings: readonly Finding[];
}

/** Values of a section at most, with the defaults merged into every entry. */
const MOST_VALUES = 2_000_000;

/** Merges the defaults under every entry and resolves each. */
export function section<T>(
  top: Place,
  title: 'sources' | 'webhooks',
  defaults: Tree | undefined,
  resolveOne: (name: string, place: Place) => Resolved<T>,
): Section<T> {
  const place = step(top, title);
  const nothing = { names: [], configs: new Map(), tree: place.tree, warnings: [] };
  const { names, findings } = namesIn(place);
  if (place.tree?.kind !== 'map') return { ...nothing, findings };
  if (defaults && sizeOf(defaults) * names.length > MOST_VALUES) {
    const message = `the defaults make more than ${MOST_VALUES} values of this`;
    return { ...nothing, findings: [{ at: place.at, path: title, message, hint: 'write smaller defaults' }] };
  }
  const configs = new Map<string, T>();
  const merged: Record<string, Tree> = Object.create(null);
  const warnings: Finding[] = [];
  for (const name of names) {
    const there = step(place, name);
    if (there.tree === undefined) continue;
    const tree = textQuery(withDefaults(there.tree, defaults));
    merged[name] = tree;
    const resolved = resolveOne(name, { ...there, tree });
    for (const one of resolved.findings) findings.push(one);
    for (const one of resolved.warnings) warnings.push(one);
    if (resolved.config !== null) configs.set(name, resolved.config);
  }
  return { names, configs, tree: withEntries(place.tree, merged), findings, warnings };
}

/** Turns the values of `query` into text as they are written: `1.10` is not 1.1. */
function textQuery(tree: Tree): Tree {
  const query = entry(tree, 'query')?.value;
  return tree.kind === 'map' && query ? withEntries(tree, { query: asWritten(query) }) : tree;
}

const WHAT = {
  sources: 'at least one source is needed: `NAME:`, and under it `url: …` of what is polled',
  webhooks: 'at least one webhook is needed: `NAME:`, and under it `url: …` where events are sent',
} as const;

/** The names in a map, and mistakes in them. */
export function namesIn(place: Place): { names: string[]; findings: Finding[] } {
  const { tree, path, at } = place;
  const hint = WHAT[path as keyof typeof WHAT] ?? 'write `name: value` lines below it, indented';
  if (tree === undefined) return { names: [], findings: [missing(place, hint)] };
  if (tree.kind === 'scalar' && tree.broken) return { names: [], findings: [] };
  if (tree.kind !== 'map') {
    return { names: [], findings: [{ at: tree.at, path, message: 'expected a map of names', hint }] };
  }
  const names = [...tree.entries.keys()];
  const findings = names.flatMap((name) => {
    if (nameSchema.safeParse(name).success) return [];
    const there = step(place, name);
    const message = 'this name cannot be used';
    return [{ at: there.at, path: there.path, message, hint: 'a name has 1 to 64 letters, digits, _ or -' }];
  });
  if (names.length === 0 && path in WHAT) findings.push({ at, path, message: 'this is empty', hint });
  return { names, findings };
}
