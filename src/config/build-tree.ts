import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type YAMLMap,
  type Scalar as YamlScalar,
} from 'yaml';
import { type Interpolated, interpolate, type Lookup } from './interpolate.ts';
import type { Finding } from './problem.ts';
import type { Entry, Mapping, Scalar, Tree } from './tree.ts';

/** Values of the file at most, with all aliases expanded. */
const MOST_VALUES = 2_000_000;
const DEEPEST = 100;

interface Built {
  readonly tree: Tree;
  readonly size: number;
  readonly depth: number;
}

/** Turns YAML nodes into a tree: resolves aliases, merges merge keys, interpolates texts, and collects all mistakes. */
export function buildTree(root: Node, lookup: Lookup): { tree: Tree; findings: Finding[] } {
  const findings: Finding[] = [];
  const anchors = new Map<string, Built | 'open'>();
  let copies = 0;
  const complain = (at: number, path: string, message: string, hint: string) => {
    findings.push({ at, path, message, hint });
  };

  function build(node: Node | null | undefined, path: string, at: number): Built {
    if (isAlias(node)) return dereference(node, path);
    const anchor = (isScalar(node) || isSeq(node) || isMap(node)) && node.anchor;
    if (anchor) anchors.set(anchor, 'open');
    const built = bounded(buildNode(node, path, at), path);
    if (anchor) anchors.set(anchor, built);
    return built;
  }

  function buildNode(node: Node | null | undefined, path: string, at: number): Built {
    if (isMap(node)) return buildMap(node, path);
    if (isSeq(node)) {
      const items = node.items.map((item, index) => build(item as Node, `${path}.${index}`, offset(node)));
      return combine({ kind: 'list', at: offset(node), items: items.map(({ tree }) => tree) }, items);
    }
    return leaf(isScalar(node) ? buildScalar(node, path, at) : emptyScalar(at));
  }

  function buildScalar(node: YamlScalar, path: string, keyAt: number): Scalar {
    const written = node.source ?? '';
    // An empty value has no position of its own: that of its key is used.
    const place = node.value === null && written === '' ? keyAt : offset(node);
    const { value } = node;
    if (typeof value === 'string') {
      if (!value.includes('${')) return { kind: 'scalar', at: place, value, written };
      const replaced = interpolate(value, lookup);
      if (replaced.kind === 'failed') complain(place, path, replaced.message, replaced.hint);
      return textScalar(place, written, replaced);
    }
    if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
      complain(place, path, 'this number is too large to be kept exactly', 'put it in quotes');
    }
    const plain = typeof value === 'number' || typeof value === 'boolean' ? value : null;
    return { kind: 'scalar', at: place, value: plain, written };
  }

  function buildMap(node: YAMLMap, path: string): Built {
    const own = new Map<string, Entry>();
    const parts: Built[] = [];
    const merged: { at: number; built: Built }[] = [];
    for (const pair of node.items as Pair<Node, Node | null>[]) {
      const at = offset(pair.key);
      if (isMergeKey(pair.key)) {
        const built = build(pair.value, path, at);
        merged.push({ at, built });
        continue;
      }
      const key = keyOf(pair.key, at, path);
      if (key === null) continue;
      const below = path === '' ? key : `${path}.${key}`;
      if (own.has(key)) {
        complain(at, below, 'this key is given twice in one map', 'keep one of them');
        continue;
      }
      const built = build(pair.value, below, at);
      parts.push(built);
      own.set(key, { at, value: built.tree });
    }
    for (const { at, built } of merged) {
      parts.push(built);
      copies += built.size;
      if (copies > MOST_VALUES) {
        complain(
          at,
          path,
          `merge keys make more than ${MOST_VALUES} values`,
          'merge smaller maps, or use defaults',
        );
        return leaf({ ...emptyScalar(offset(node)), broken: true });
      }
      mergeInto(own, built.tree, () => {
        complain(at, path, '<< merges maps only', 'write <<: *anchor, or <<: [*first, *second]');
      });
    }
    return combine({ kind: 'map', at: offset(node), entries: own }, parts);
  }

  function keyOf(key: Node | null, at: number, path: string): string | null {
    const text = isScalar(key) ? (typeof key.value === 'string' ? key.value : (key.source ?? '')) : '';
    if (text !== '' && text !== '__proto__') return text;
    if (text === '') complain(at, path, 'a key must be text', 'write `key: value`');
    else
      complain(at, path === '' ? text : `${path}.${text}`, 'this name cannot be used', 'choose another name');
    return null;
  }

  function dereference(alias: Alias, path: string): Built {
    const target = anchors.get(alias.source);
    if (target !== undefined && target !== 'open') return target;
    const why = target === undefined ? 'no anchor above it has this name' : 'it lies within its own anchor';
    complain(
      offset(alias),
      path,
      `the alias does not work: ${why}`,
      'write &name before the value, above the alias',
    );
    return leaf({ ...emptyScalar(offset(alias)), broken: true });
  }

  function bounded(built: Built, path: string): Built {
    const { tree, size, depth } = built;
    if (size <= MOST_VALUES && depth <= DEEPEST) return built;
    const message =
      depth > DEEPEST
        ? `nested more than ${DEEPEST} levels deep`
        : `aliases make more than ${MOST_VALUES} values of this`;
    complain(tree.at, path, message, 'write a simpler structure');
    return leaf({ ...emptyScalar(tree.at), broken: true });
  }

  const { tree } = build(root, '', 0);
  return { tree, findings };
}

/** Merges maps into a map: its own keys take precedence, then the merged maps in their order. */
function mergeInto(own: Map<string, Entry>, tree: Tree, mistaken: () => void): void {
  if (tree.kind === 'scalar') {
    if (!tree.broken) mistaken();
  } else if (tree.kind === 'list') {
    for (const item of tree.items) item.kind === 'list' ? mistaken() : mergeInto(own, item, mistaken);
  } else {
    for (const [key, found] of tree.entries) if (!own.has(key)) own.set(key, found);
  }
}

function isMergeKey(key: Node | null): boolean {
  return isScalar(key) && key.type === 'PLAIN' && key.source === '<<';
}

function textScalar(at: number, written: string, replaced: Interpolated): Scalar {
  if (replaced.kind === 'failed') return { kind: 'scalar', at, value: '', written, broken: true };
  const { text, shown, whole } = replaced;
  return {
    kind: 'scalar',
    at,
    value: text,
    written: text,
    ...(shown === null ? {} : { shown }),
    ...(whole ? { whole: true } : {}),
  };
}

function emptyScalar(at: number): Scalar {
  return { kind: 'scalar', at, value: null, written: '' };
}

function leaf(tree: Scalar): Built {
  return { tree, size: 1, depth: 1 };
}

function combine(tree: Tree & { kind: 'list' | 'map' }, parts: readonly Built[]): Built {
  let size = 1;
  let depth = 0;
  for (const part of parts) {
    size += part.size;
    depth = Math.max(depth, part.depth);
  }
  return { tree: tree as Mapping, size, depth: depth + 1 };
}

function offset(node: Node | null | undefined): number {
  return node?.range?.[0] ?? 0;
}
