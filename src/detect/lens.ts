/** Which parts of a record are compared, and how: the options `only`, `ignore` and `unordered`, compiled. */
export interface Lens {
  /** The lens for a member or a list element. */
  at(name: string): Lens;
  /** Whether this value is left out of comparison altogether. */
  readonly ignored: boolean;
  /** Whether this value is compared whole: nothing under it is left out or unordered. */
  readonly plain: boolean;
  /** Whether the order of this list does not matter. */
  readonly unordered: boolean;
}

export interface LensOptions {
  readonly only?: readonly string[] | undefined;
  readonly ignore: readonly string[];
  readonly unordered: readonly string[];
}

interface Node {
  readonly members: Map<string, Node>;
  ends: boolean;
}

const PLAIN: Lens = { at: () => PLAIN, ignored: false, plain: true, unordered: false };
const IGNORED: Lens = { at: () => IGNORED, ignored: true, plain: false, unordered: false };

/** Compiles the options. `*` in a path stands for every member or element. */
export function createLens({ only, ignore, unordered }: LensOptions): Lens {
  return lens(only ? [tree(only)] : null, [tree(ignore)], [tree(unordered)]);
}

/** What both compare; what either takes for unordered is. */
export function narrowed(one: Lens, other: Lens): Lens {
  if (one === PLAIN) return other;
  if (other === PLAIN) return one;
  return {
    at: (name) => narrowed(one.at(name), other.at(name)),
    ignored: one.ignored || other.ignored,
    plain: false,
    unordered: one.unordered || other.unordered,
  };
}

function tree(paths: readonly string[]): Node {
  const root: Node = { members: new Map(), ends: false };
  for (const path of paths) {
    let node = root;
    for (const name of path.split('.')) {
      const next = node.members.get(name) ?? { members: new Map(), ends: false };
      node.members.set(name, next);
      node = next;
    }
    node.ends = true;
  }
  return root;
}

/** `only` null: everything from here on down is wanted. */
function lens(only: readonly Node[] | null, ignore: readonly Node[], unordered: readonly Node[]): Lens {
  if (ignore.some((node) => node.ends)) return IGNORED;
  const wanted = only?.some((node) => node.ends) ? null : only;
  if (wanted?.length === 0) return IGNORED;
  if (wanted === null && ignore.every(isLeaf) && unordered.every((node) => isLeaf(node) && !node.ends))
    return PLAIN;
  const known = new Map<string, Lens>();
  return {
    at(name) {
      const found = known.get(name);
      if (found) return found;
      const made = lens(wanted && step(wanted, name), step(ignore, name), step(unordered, name));
      // Names come from the polled system: only those that the options mention are worth keeping.
      if (known.size < 1000) known.set(name, made);
      return made;
    },
    ignored: false,
    plain: false,
    unordered: unordered.some((node) => node.ends),
  };
}

function isLeaf(node: Node): boolean {
  return node.members.size === 0;
}

function step(nodes: readonly Node[], name: string): Node[] {
  return nodes.flatMap((node) =>
    [node.members.get(name), node.members.get('*')].filter((next) => next !== undefined),
  );
}
