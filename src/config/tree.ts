/**
 * The file as an immutable tree with positions, which are offsets in the text. Aliases and defaults share subtrees.
 */
export type Tree = Scalar | List | Mapping;

export interface Scalar {
  readonly kind: 'scalar';
  readonly at: number;
  readonly value: string | number | boolean | null;
  /** As it is written: `1.10` stays `1.10`. */
  readonly written: string;
  /** What may be shown instead, if a part comes from a variable or file. */
  readonly shown?: string;
  /** Whether it is nothing but one `${…}`, so that its text may also mean a number or boolean. */
  readonly whole?: true;
  /** Whether interpolation failed, which was reported: no other mistakes are reported for it. */
  readonly broken?: true;
}

interface List {
  readonly kind: 'list';
  readonly at: number;
  readonly items: readonly Tree[];
}

export interface Mapping {
  readonly kind: 'map';
  readonly at: number;
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface Entry {
  /** Where the key is written. */
  readonly at: number;
  readonly value: Tree;
}

/** A tree, its path for messages, and the position at which missing keys are reported. */
export interface Place {
  readonly tree: Tree | undefined;
  readonly path: string;
  /** Position of its key, or of itself if it has none. */
  readonly at: number;
}

/** The entry of a map, or undefined when there is none or the tree is no map. */
export function entry(tree: Tree | undefined, key: string): Entry | undefined {
  return tree?.kind === 'map' ? tree.entries.get(key) : undefined;
}

/** The place of a member or element. A missing one is placed at the key of the map that lacks it. */
export function step(place: Place, key: PropertyKey): Place {
  const { tree } = place;
  const path = place.path === '' ? String(key) : `${place.path}.${String(key)}`;
  if (tree?.kind === 'map') {
    const found = tree.entries.get(String(key));
    return found ? { tree: found.value, path, at: found.at } : { tree: undefined, path, at: place.at };
  }
  const item = tree?.kind === 'list' ? tree.items[Number(key)] : undefined;
  return { tree: item, path, at: item?.at ?? place.at };
}

/** Plain data. Numbers, true and false in scalars of `retyped` are read from their text. */
export function plain(tree: Tree, retyped: ReadonlySet<Tree> = new Set()): unknown {
  switch (tree.kind) {
    case 'scalar':
      return retyped.has(tree) ? plainValue(String(tree.value)) : tree.value;
    case 'list':
      return tree.items.map((item) => plain(item, retyped));
    case 'map':
      return Object.fromEntries([...tree.entries].map(([key, { value }]) => [key, plain(value, retyped)]));
  }
}

/** A tree of plain data without positions, such as a default. */
export function treeOf(value: unknown): Tree {
  if (Array.isArray(value)) return { kind: 'list', at: 0, items: value.map(treeOf) };
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, one]) => [key, { at: 0, value: treeOf(one) }] as const);
    return { kind: 'map', at: 0, entries: new Map(entries) };
  }
  return { kind: 'scalar', at: 0, value: value as Scalar['value'], written: String(value) };
}

/** The number or boolean that a text means; the text itself if it means neither. */
export function plainValue(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^[-+]?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text;
}

/** A map with numbers and booleans as the text that was written: `1.10` is not 1.1. */
export function asWritten(tree: Tree): Tree {
  if (tree.kind !== 'map') return tree;
  const entries = [...tree.entries].map(([key, { at, value }]): [string, Entry] => {
    const plain = value.kind === 'scalar' && value.value !== null && typeof value.value !== 'string';
    return [key, { at, value: plain ? { ...value, value: value.written } : value }];
  });
  return { ...tree, entries: new Map(entries) };
}

/** The map with some of its entries set, or taken away where the value is undefined. */
export function withEntries(tree: Mapping, changes: Readonly<Record<string, Tree | undefined>>): Mapping {
  const entries = new Map(tree.entries);
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) entries.delete(key);
    else entries.set(key, { at: entries.get(key)?.at ?? tree.at, value });
  }
  return { ...tree, entries };
}

/** Number of values in a tree, with shared subtrees counted at every use. */
export function sizeOf(tree: Tree): number {
  if (tree.kind === 'scalar') return 1;
  const parts = tree.kind === 'list' ? tree.items : [...tree.entries.values()].map(({ value }) => value);
  return parts.reduce((sum, part) => sum + sizeOf(part), 1);
}
