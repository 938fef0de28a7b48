import type { z } from 'zod';
import { explain, found, unknownKey } from './explain.ts';
import type { Finding } from './problem.ts';
import { type Place, plain, plainValue, step, type Tree } from './tree.ts';

type Issue = z.core.$ZodIssue;
type Shape = Readonly<Record<string, z.ZodType>>;

/** The valid options of a map, and the mistakes in the others. */
export interface Fields<S extends Shape> {
  readonly valid: { readonly [K in keyof S]?: z.output<S[K]> };
  /** All options, if none has a mistake. */
  readonly complete: { readonly [K in keyof S]: z.output<S[K]> } | null;
  readonly findings: readonly Finding[];
}

/**
 * Validates each option of a map by itself, so that a mistake in one does not hide those in others. With `partial`,
 * missing options are not reported: they may come from elsewhere.
 */
export function fields<S extends Shape>(shape: S, place: Place, { partial = false } = {}): Fields<S> {
  const { tree } = place;
  if (tree?.kind !== 'map') return { valid: {}, complete: null, findings: notAMap(place) };
  const findings: Finding[] = [];
  const valid: { [key: string]: unknown } = {};
  for (const key of tree.entries.keys()) {
    if (!Object.hasOwn(shape, key)) findings.push(unknownKey(key, place, Object.keys(shape)));
  }
  for (const [key, schema] of Object.entries(shape)) {
    const there = step(place, key);
    if (partial && there.tree === undefined) continue;
    const result = check(schema, there);
    if (result.kind === 'ok') valid[key] = result.value;
    else
      for (const finding of result.findings)
        if (!partial || finding.message !== 'missing') findings.push(finding);
  }
  const complete = Object.keys(shape).every((key) => Object.hasOwn(valid, key));
  return { valid, complete: complete ? valid : null, findings } as unknown as Fields<S>;
}

export type Checked<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'invalid'; readonly findings: readonly Finding[] };

/** Validates one option. */
export function check<T extends z.ZodType>(schema: T, place: Place): Checked<z.output<T>> {
  const { tree } = place;
  if (tree === undefined) {
    const result = schema.safeParse(undefined);
    if (result.success) return { kind: 'ok', value: result.data };
    return { kind: 'invalid', findings: explain(result.error.issues, schema, place) };
  }
  const result = schema.safeParse(plain(tree));
  if (result.success)
    return isBroken(tree) ? { kind: 'invalid', findings: [] } : { kind: 'ok', value: result.data };
  const { issues } = result.error;
  const again = schema.safeParse(plain(tree, retypable(issues, place)));
  if (again.success && !isBroken(tree)) return { kind: 'ok', value: again.data };
  const fewer = !again.success && count(again.error.issues) < count(issues) ? again.error.issues : issues;
  return { kind: 'invalid', findings: explain(fewer, schema, place) };
}

/** The invalid scalars that consist only of `${…}`, whose text may be meant as a number or boolean. */
function retypable(issues: readonly Issue[], place: Place): Set<Tree> {
  return new Set(issues.flatMap((issue) => [...scalarsAt(issue, place)]));
}

function* scalarsAt(issue: Issue, from: Place): Iterable<Tree> {
  const here = issue.path.reduce(step, from);
  const { tree } = here;
  if (tree?.kind === 'scalar' && tree.whole && plainValue(String(tree.value)) !== tree.value) yield tree;
  if (issue.code !== 'invalid_union') return;
  for (const inner of issue.errors.flat()) yield* scalarsAt(inner, here);
}

function count(issues: readonly Issue[]): number {
  let total = 0;
  for (const issue of issues) total += issue.code === 'invalid_union' ? 1 + count(issue.errors.flat()) : 1;
  return total;
}

function isBroken(tree: Tree): boolean {
  if (tree.kind === 'scalar') return tree.broken === true;
  if (tree.kind === 'list') return tree.items.some(isBroken);
  return [...tree.entries.values()].some(({ value }) => isBroken(value));
}

function notAMap(place: Place): Finding[] {
  const { tree, path, at } = place;
  if (tree?.kind === 'scalar' && tree.broken) return [];
  return [
    {
      at: tree?.at ?? at,
      path,
      message: `expected a map, found ${tree ? found(tree) : 'nothing'}`,
      hint: 'write `key: value` lines below it, indented',
    },
  ];
}
