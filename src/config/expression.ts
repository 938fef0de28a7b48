import { z } from 'zod';
import { compileGiven, compileRepeatable } from '../lib/expression.ts';
import { isDottedPath } from '../lib/path.ts';

/** JSONata that may use variables of these names; compiled when the file is checked. */
export function expressionWith(...given: readonly string[]) {
  return z
    .string()
    .min(1)
    .meta({ noun: 'a JSONata expression' })
    .check((context) =>
      mistakeIn(context, 'see https://docs.jsonata.org', (text) => compileGiven(text, given)),
    );
}

/** JSONata whose result does not depend on when it is evaluated. */
export const repeatable = z
  .string()
  .min(1)
  .meta({ noun: 'a JSONata expression' })
  .check((context) =>
    mistakeIn(context, 'write JSONata like { "text": type & " " & data.key }', compileRepeatable),
  );

/** A dotted path, or JSONata. */
export const pathOrExpression = z
  .string()
  .min(1)
  .meta({ noun: 'a path or a JSONata expression' })
  .check((context) => {
    if (!isDottedPath(context.value)) {
      mistakeIn(context, 'write a path like data.tickets, or a JSONata expression');
    }
  });

function mistakeIn(
  context: z.core.ParsePayload<string>,
  hint: string,
  compile: (text: string) => unknown = (text) => compileGiven(text, []),
): void {
  try {
    if (context.value !== '') compile(context.value);
  } catch (error) {
    // JSONata throws plain objects with a message, which quotes the expression.
    const { position, message } = error as { readonly position?: number; readonly message: string };
    const place = position === undefined ? '' : ` at character ${position}`;
    const unquoted = `this is not JSONata${place}`;
    const params = { hint, unquoted };
    context.issues.push({
      code: 'custom',
      message: `${unquoted}: ${message}`,
      params,
      input: context.value,
      path: [],
    });
  }
}
