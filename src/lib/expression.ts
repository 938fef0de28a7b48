import jsonata from 'jsonata';

/** Bounds on one evaluation: milliseconds, nested calls, members of one sequence. */
const LIMITS = { timeout: 5_000, stack: 500, sequence: 10_000_000 };

/** A compiled JSONata expression. Evaluating rejects when the expression fails or exceeds its bounds. */
export type Expression = (
  input: unknown,
  bindings?: { readonly [name: string]: unknown },
) => Promise<unknown>;

/** Compiles JSONata. Throws an Error that names the position when the text is no expression. */
export function compileExpression(text: string): Expression {
  const expression = jsonata(text, LIMITS);
  // $eval would run text that comes from the polled system.
  expression.registerFunction('eval', () => {
    throw new Error('$eval is not available');
  });
  return (input, bindings) => expression.evaluate(input, bindings === undefined ? {} : { ...bindings });
}
