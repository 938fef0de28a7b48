import jsonata from 'jsonata';

/** Bounds on one evaluation: milliseconds, nested calls, members of one sequence. */
const LIMITS = { timeout: 5_000, stack: 500, sequence: 10_000_000 };

/** A compiled JSONata expression. Evaluating rejects with an Error when the expression fails or exceeds its bounds. */
export type Expression = (
  input: unknown,
  bindings?: { readonly [name: string]: unknown },
) => Promise<unknown>;

/** Compiles JSONata. Throws what names the position, and has an Error's message, when the text is no expression. */
export function compileExpression(text: string): Expression {
  const expression = jsonata(text, LIMITS);
  // $eval would run text that comes from the polled system.
  expression.registerFunction('eval', () => {
    throw new Error('$eval is not available');
  });
  return (input, bindings) =>
    expression.evaluate(input, bindings === undefined ? {} : { ...bindings }).catch(rejection);
}

/** Functions that give something else each time. */
const CHANCE = ['random', 'shuffle'];

/**
 * Compiles JSONata that gives the same for the same input at any time: `$now()` and `$millis()` tell the time that is
 * passed in (Unix milliseconds), and functions of chance are refused. Throws as {@link compileExpression} does.
 */
export function compileRepeatable(text: string): (input: unknown, time: number) => Promise<unknown> {
  const used = new Set(variables(jsonata(text).ast()));
  const chance = CHANCE.find((name) => used.has(name));
  if (chance !== undefined) throw new Error(`$${chance} would give something else at every attempt`);
  const evaluate = compileExpression(text);
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

/** Whether JSONata means a function by a value; its own hold everything that they can see. */
export function isFunction(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value === 'function';
  return '_jsonata_lambda' in value || '_jsonata_function' in value;
}

/** What JSONata throws is no Error. */
function rejection(thrown: unknown): never {
  if (thrown instanceof Error) throw thrown;
  const { message = 'it failed', position } = thrown as { message?: string; position?: number };
  throw new Error(position === undefined ? message : `${message} (at character ${position})`);
}
