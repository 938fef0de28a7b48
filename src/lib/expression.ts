import jsonata from 'jsonata';
import type { Json } from '../model.ts';
import { exactly } from './exact-numbers.ts';
import { undefinedFunction, undefinedVariable } from './expression/functions.ts';
import { explain } from './expression/reason.ts';
import { BoundedRegExp } from './expression/regexp.ts';
import { isFunction, isJson, jsonOf, truthOf } from './expression/result.ts';
import { rootsOf } from './expression/roots.ts';
import { type Operand, orderingsOf, type Scope, shortcutOf, UNDECIDED } from './expression/shortcut.ts';

/** Bounds on one evaluation: milliseconds, nested calls, members of one sequence. */
const LIMITS = { timeout: 5_000, stack: 500, sequence: 10_000_000 };

/** Bounds for expressions on a record; documents may be a thousand times as large. */
const RECORD_LIMITS = { ...LIMITS, timeout: 1_000, sequence: 1_000_000 };

/** Characters that `$pad` may produce: the width may come from the polled system. */
const WIDEST = 100_000;

/**
 * A compiled JSONata expression on JavaScript values. Evaluating rejects with an Error, whose message holds nothing of
 * the input, when the expression fails or exceeds its bounds.
 */
export type Expression = (
  input: unknown,
  bindings?: { readonly [name: string]: unknown },
) => Promise<unknown>;

/** Whether something holds of a record. Throws or rejects as an {@link Expression} does. */
export type Condition = (scope: Scope) => boolean | Promise<boolean>;

/** Makes a value from a record, keeping the spelling of numbers. Rejects as an {@link Expression} does. */
export type Projection = (scope: Scope) => Promise<Json>;

export { isFunction, isJson, type Operand, type Scope };

/** Compiles JSONata. Throws what has `message` and `position` when the text is no expression. */
export function compileExpression(text: string): Expression {
  return evaluator(compile(text, LIMITS));
}

/** The same for a condition on a record, whose truth is that of JSONata's `$boolean`. */
export function compileCondition(text: string): Condition {
  const compiled = compile(text, RECORD_LIMITS);
  const shortcut = shortcutOf(compiled.ast());
  const whole = onScope(compiled);
  return (scope) => {
    const decided = shortcut ? shortcut(scope) : UNDECIDED;
    return decided === UNDECIDED ? whole(scope).then(truthOf) : decided;
  };
}

/**
 * Checks JSONata that may use variables of these names. Throws as {@link compileExpression} does, and for any other
 * variable, which would always be undefined.
 */
export function compileGiven(text: string, given: readonly string[]): void {
  const unknown = undefinedVariable(compile(text, LIMITS).ast(), given);
  if (unknown === null) return;
  const others = given.length === 0 ? '' : `, but ${given.map((name) => `$${name}`).join(', ')}`;
  const message = `there is no $${unknown.name} here${others}`;
  throw Object.assign(new Error(message), { position: unknown.position });
}

/** The members of the input that an expression reads, by the first names of its paths. */
export function rootsIn(text: string): ReadonlySet<string> {
  return new Set(rootsOf(jsonata(text).ast()));
}

/** Whether an expression selects elements of its input unchanged: `$[state='open']`. */
export function isFilter(text: string): boolean {
  const { type, value } = jsonata(text).ast();
  return type === 'variable' && value === '';
}

/** Whether an expression has a number literal that JavaScript, and so JSONata, can only represent rounded. */
export function roundsIn(text: string): boolean {
  return holdsRounded(jsonata(text).ast());
}

function holdsRounded(node: unknown): boolean {
  if (typeof node === 'number') return Math.abs(node) > Number.MAX_SAFE_INTEGER;
  return typeof node === 'object' && node !== null && Object.values(node).some(holdsRounded);
}

/** The two sides of each `<`, `<=`, `>` and `>=` in an expression, where they are paths or literals. */
export function orderingsIn(text: string): readonly (readonly [Operand, Operand])[] {
  return [...orderingsOf(jsonata(text).ast())];
}

/** The same for a value made from a record; undefined becomes null. */
export function compileProjection(text: string): Projection {
  const project = onScope(compile(text, RECORD_LIMITS));
  return async (scope) => jsonOf(await project(scope));
}

/** Functions with a random result. */
const CHANCE = ['random', 'shuffle'];

/**
 * Compiles JSONata whose result depends on its input alone: `$now()` and `$millis()` give the time that is passed in
 * (Unix milliseconds), and random functions are refused. Throws as {@link compileExpression} does.
 */
export function compileRepeatable(text: string): (input: unknown, time: number) => Promise<unknown> {
  compileGiven(text, []);
  const used = new Set(variables(jsonata(text).ast()));
  const chance = CHANCE.find((name) => used.has(name));
  if (chance !== undefined) throw new Error(`$${chance} would give something else at every attempt`);
  const evaluate = evaluator(compile(text, RECORD_LIMITS));
  return (input, time) =>
    evaluate(input, {
      now: (picture?: string, zone?: string) => NOW.evaluate(null, { time, picture, zone }),
      millis: () => time,
    });
}

const NOW = jsonata('$fromMillis($time, $picture, $zone)');

function* variables(node: unknown): Iterable<unknown> {
  if (typeof node !== 'object' || node === null) return;
  if ('type' in node && node.type === 'variable' && 'value' in node) yield node.value;
  for (const part of Object.values(node)) yield* variables(part);
}

/** Evaluates on a record, keeping numbers exact ({@link exactly}). */
function onScope(compiled: jsonata.Expression): (scope: Scope) => Promise<unknown> {
  const expression = evaluator(compiled);
  const rounds = holdsRounded(compiled.ast());
  const evaluate = (plain: unknown) => {
    const { input, variables } = plain as { input: unknown; variables: { [name: string]: unknown } };
    return expression(input, variables);
  };
  return ({ input, variables }) => exactly({ input, variables }, evaluate, rounds);
}

function compile(text: string, limits: typeof LIMITS): jsonata.Expression {
  const RegexEngine = BoundedRegExp as unknown as RegExpConstructor;
  const expression = jsonata(text, { ...limits, RegexEngine });
  const missing = undefinedFunction(expression.ast());
  if (missing) {
    const message = `there is no function $${missing.name}`;
    throw Object.assign(new Error(message), { position: missing.position });
  }
  // $eval would run code from the polled system.
  expression.registerFunction('eval', () => {
    throw new Error('$eval is not available');
  });
  expression.registerFunction('pad', pad, '<s-ns?:s>');
  return expression;
}

/** JSONata's `$pad`, but bounded: a negative width pads on the left; characters are counted, not UTF-16 units. */
function pad(text: string | undefined, width: number, sign = ' '): string | undefined {
  if (text === undefined) return undefined;
  if (Math.abs(width) > WIDEST) throw new Error(`$pad makes no text of more than ${WIDEST} characters`);
  const signs = [...(sign || ' ')];
  const missing = Math.max(0, Math.abs(width) - [...text].length);
  const rest = signs.slice(0, missing % signs.length).join('');
  const fill = signs.join('').repeat(Math.floor(missing / signs.length)) + rest;
  return width < 0 ? fill + text : text + fill;
}

function evaluator(expression: jsonata.Expression): Expression {
  return async (input, bindings) => {
    try {
      return await expression.evaluate(input, bindings === undefined ? {} : { ...bindings });
    } catch (error) {
      // Without its cause, which quotes values.
      throw new Error(explain(error));
    }
  };
}
