import { compileExpression } from '../lib/expression.ts';
import type { Tree } from './tree.ts';

/** Why a text is no JSONata expression; null when it is one. What came from a variable is not quoted. */
export function expressionProblem(
  text: string,
  tree: Tree | undefined,
  compile: (text: string) => unknown = compileExpression,
): string | null {
  try {
    compile(text);
    return null;
  } catch (error) {
    // The message quotes the expression. It is no Error, but has one's message.
    if (tree?.kind === 'scalar' && tree.shown !== undefined) return 'this is not JSONata';
    const { position, message } = error as { readonly position?: number; readonly message: string };
    const place = position === undefined ? '' : ` at character ${position}`;
    return `this is not JSONata${place}: ${message}`;
  }
}
