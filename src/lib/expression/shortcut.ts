import type { ExprNode } from 'jsonata';
import type { Json } from '../../model.ts';
import { canonicalNumber, isObject, isRawNumber, member } from '../json.ts';

/** The scope of an expression: its input, and variables by their names without `$`. */
export interface Scope {
  readonly input: Json;
  readonly variables: { readonly [name: string]: Json };
}

/**
 * The result if only JSONata itself can decide: for lists along a path, values of different types, and numbers that
 * JavaScript would round.
 */
export const UNDECIDED = Symbol('undecided');

type Value = string | number | boolean | null | undefined;
/** One side of a comparison. */
export type Operand = (scope: Scope) => Value | typeof UNDECIDED;

/** Whether a condition holds. */
export type Shortcut = (scope: Scope) => boolean | typeof UNDECIDED;

/**
 * Compiles the usual conditions, comparisons of paths and literals joined by `and` and `or`, into plain functions:
 * JSONata is asynchronous and some fifty times slower. Null for all other expressions. A decided result is the same
 * as JSONata's (https://docs.jsonata.org/comparison-operators).
 */
export function shortcutOf(ast: ExprNode): Shortcut | null {
  const part = partOf(ast);
  return part && ((scope) => truth(part(scope)));
}

function partOf(node: ExprNode): Operand | null {
  switch (node.type as string) {
    case 'string':
    case 'number':
    case 'value':
      return () => node.value as Value;
    case 'path':
      return pathOf(node);
    case 'variable':
      return leafOf([], String(node.value));
    case 'block':
      return node.expressions?.length === 1 ? partOf(node.expressions[0] as ExprNode) : null;
    case 'binary':
      return binaryOf(node);
    default:
      return null;
  }
}

/** The two sides of each comparison by order in an expression, where they are paths or literals. */
export function* orderingsOf(node: unknown): Iterable<readonly [Operand, Operand]> {
  if (typeof node !== 'object' || node === null) return;
  const { type, value, lhs, rhs } = node as Partial<ExprNode>;
  if ((type as string) === 'binary' && /^[<>]=?$/.test(String(value))) {
    const [left, right] = [partOf(lhs as ExprNode), partOf(rhs as ExprNode)];
    if (left && right) yield [left, right];
  }
  for (const part of Object.values(node)) yield* orderingsOf(part);
}

/** Members of a plain path step in the syntax tree; steps with others select, group or sort. */
const PLAIN_STEP = new Set(['type', 'value', 'position']);

function pathOf(node: ExprNode): Operand | null {
  const steps = node.steps ?? [];
  const isPlain = Object.keys(node).every((name) => name === 'type' || name === 'steps');
  if (!isPlain || !steps.every((step) => Object.keys(step).every((name) => PLAIN_STEP.has(name))))
    return null;
  const [first, ...others] = steps;
  const names = (first?.type === 'variable' ? others : steps).map((step) => String(step.value));
  if (!(first?.type === 'variable' ? others : steps).every(({ type }) => type === 'name')) return null;
  return leafOf(names, first?.type === 'variable' ? String(first.value) : '');
}

/** The value at a path into a variable; the variable without a name is the input. */
function leafOf(names: readonly string[], variable: string): Operand | null {
  if (variable === '$') return null;
  return ({ input, variables }) => {
    // A variable that is not given may be a JSONata function.
    if (variable !== '' && !Object.hasOwn(variables, variable)) return UNDECIDED;
    let value: Json | undefined = variable === '' ? input : variables[variable];
    for (const name of names) {
      if (Array.isArray(value)) return UNDECIDED;
      value = isObject(value) ? member(value, name) : undefined;
    }
    if (typeof value !== 'object' || value === null) return value;
    return isRawNumber(value) ? rounded(value) : UNDECIDED;
  };
}

function rounded(raw: RawJson): number | typeof UNDECIDED {
  const number = Number(raw.rawJSON);
  return Number.isFinite(number) && canonicalNumber(number) === canonicalNumber(raw) ? number : UNDECIDED;
}

type Operator = (left: Value, right: Value) => Value | typeof UNDECIDED;

const OPERATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['=', (left, right) => left !== undefined && right !== undefined && left === right],
  ['!=', (left, right) => left !== undefined && right !== undefined && left !== right],
  ['<', ordering((left, right) => left < right)],
  ['<=', ordering((left, right) => left <= right)],
  ['>', ordering((left, right) => left > right)],
  ['>=', ordering((left, right) => left >= right)],
]);

function ordering(holds: (left: string | number, right: string | number) => boolean): Operator {
  return (left, right) => {
    if (!isComparable(left) || !isComparable(right)) return UNDECIDED;
    if (left === undefined || right === undefined) return undefined;
    return typeof left === typeof right ? holds(left, right) : UNDECIDED;
  };
}

function isComparable(value: Value): value is string | number | undefined {
  return value === undefined || typeof value === 'string' || typeof value === 'number';
}

function binaryOf(node: ExprNode): Operand | null {
  const left = partOf(node.lhs as ExprNode);
  const right = left && partOf(node.rhs as ExprNode);
  if (!left || !right) return null;
  if (node.value === 'and' || node.value === 'or') return junction(left, right, node.value === 'or');
  const operate = OPERATORS.get(node.value as string);
  if (!operate) return null;
  return (scope) => {
    const one = left(scope);
    const other = right(scope);
    return one === UNDECIDED || other === UNDECIDED ? UNDECIDED : operate(one, other);
  };
}

/** `and` is decided by a false left side, `or` by a true one; the right side is then not evaluated. */
function junction(left: Operand, right: Operand, settles: boolean): Operand {
  return (scope) => {
    const one = truth(left(scope));
    return one === UNDECIDED || one === settles ? one : truth(right(scope));
  };
}

function truth(value: Value | typeof UNDECIDED): boolean | typeof UNDECIDED {
  return value === UNDECIDED ? UNDECIDED : Boolean(value);
}
