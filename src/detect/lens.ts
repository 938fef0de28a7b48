import type { ToleratedPath } from '../config/tolerance.ts';
import type { Tolerance } from '../lib/decimal.ts';

/** Which parts of a record are compared, and how: the options `only`, `ignore`, `unordered`, `tolerance`, compiled. */
export interface Lens {
  /** The lens for a member or a list element. */
  at(name: string): Lens;
  /** Whether this value is not compared at all. */
  readonly ignored: boolean;
  /** Whether this value is compared completely and exactly, without ignored, unordered or tolerated parts. */
  readonly plain: boolean;
  /** Whether only parts of this value are compared, so that the presence of the value itself does not matter. */
  readonly through: boolean;
  /** Whether the order of this list does not matter. */
  readonly unordered: boolean;
  /** By how much this number must differ to count as changed; null: by anything. */
  readonly tolerance: Tolerance | null;
}

export interface LensOptions {
  readonly only?: readonly string[] | undefined;
  readonly ignore: readonly string[];
  readonly unordered: readonly string[];
  readonly tolerance: readonly ToleratedPath[];
}

interface Node {
  readonly members: Map<string, Node>;
  ends: boolean;
  tolerance: Tolerance | null;
}

const EXACT = { through: false, unordered: false, tolerance: null } as const;
const PLAIN: Lens = { ...EXACT, at: () => PLAIN, ignored: false, plain: true };
const IGNORED: Lens = { ...EXACT, at: () => IGNORED, ignored: true, plain: false };

/** Compiles the options. `*` in a path stands for every member or element. */
export function createLens({ only, ignore, unordered, tolerance }: LensOptions): Lens {
  const tolerated = tree(tolerance.map(({ path }) => path));
  for (const one of tolerance) walk(tolerated, one.path).tolerance = one;
  return lens(only ? [tree(only)] : null, [tree(ignore)], [tree(unordered)], [tolerated]);
}

/** A lens that compares only these paths. */
export function lensOf(paths: readonly string[]): Lens {
  return createLens({ only: paths, ignore: [], unordered: [], tolerance: [] });
}

/** A lens for what both compare. A list is unordered if either says so. */
export function narrowed(one: Lens, other: Lens): Lens {
  if (one === PLAIN) return other;
  if (other === PLAIN) return one;
  return {
    at: (name) => narrowed(one.at(name), other.at(name)),
    ignored: one.ignored || other.ignored,
    plain: false,
    through: one.through || other.through,
    unordered: one.unordered || other.unordered,
    tolerance: one.tolerance ?? other.tolerance,
  };
}

function tree(paths: readonly string[]): Node {
  const root = newNode();
  for (const path of paths) walk(root, path).ends = true;
  return root;
}

/** The node at a path, made if it is not there. */
function walk(root: Node, path: string): Node {
  let node = root;
  for (const name of path.split('.')) {
    const next = node.members.get(name) ?? newNode();
    node.members.set(name, next);
    node = next;
  }
  return node;
}

function newNode(): Node {
  return { members: new Map(), ends: false, tolerance: null };
}

/** `only` null: everything below is compared. */
function lens(
  only: readonly Node[] | null,
  ignore: readonly Node[],
  unordered: readonly Node[],
  tolerated: readonly Node[],
): Lens {
  if (ignore.some((node) => node.ends)) return IGNORED;
  const wanted = only?.some((node) => node.ends) ? null : only;
  if (wanted?.length === 0) return IGNORED;
  const nothing = (nodes: readonly Node[]) => nodes.every((node) => isLeaf(node) && !node.ends);
  if (wanted === null && [ignore, unordered, tolerated].every(nothing)) return PLAIN;
  const known = new Map<string, Lens>();
  return {
    at(name) {
      const found = known.get(name);
      if (found) return found;
      const made = lens(
        wanted && step(wanted, name),
        step(ignore, name),
        step(unordered, name),
        step(tolerated, name),
      );
      // Names come from the polled system: only those that the options mention are worth keeping.
      if (known.size < 1000) known.set(name, made);
      return made;
    },
    ignored: false,
    plain: false,
    through: wanted !== null,
    unordered: unordered.some((node) => node.ends),
    tolerance: tolerated.find((node) => node.tolerance !== null)?.tolerance ?? null,
  };
}

function isLeaf(node: Node): boolean {
  return node.members.size === 0;
}

/** The nodes for a member; a name with dots matches the path that is written the same way. */
function step(nodes: readonly Node[], name: string): Node[] {
  return nodes.flatMap((node) =>
    [named(node, name), node.members.get('*')].filter((next) => next !== undefined),
  );
}

function named(node: Node, name: string): Node | undefined {
  return name.split('.').reduce<Node | undefined>((at, part) => at?.members.get(part), node);
}
