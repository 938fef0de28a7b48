/** Parts of the syntax tree that are not evaluated on the input: filters, and arguments of functions. */
const ELSEWHERE = new Set(['stages', 'predicate']);

/** The members of the input at which the paths of an expression begin, given its syntax tree. */
export function* rootsOf(node: unknown): Iterable<string> {
  if (typeof node !== 'object' || node === null) return;
  const { type, value, steps } = node as { readonly type?: unknown; value?: unknown; steps?: unknown };
  if (type === 'lambda' || isQuestion(node)) return;
  if (type === 'path') yield* firstOf(steps as readonly unknown[]);
  else if (type === 'name') yield String(value);
  else for (const [name, part] of Object.entries(node)) if (!ELSEWHERE.has(name)) yield* rootsOf(part);
}

/** Whether a node is `$exists(…)`, whose argument need not exist. */
function isQuestion(node: object): boolean {
  const { procedure } = node as { readonly procedure?: { readonly value?: unknown } };
  return procedure?.value === 'exists';
}

/** The first name of a path; `$` stands for the input itself. */
function firstOf([first, second]: readonly unknown[]): Iterable<string> {
  const { type, value } = first as { readonly type?: unknown; readonly value?: unknown };
  return rootsOf(type === 'variable' && value === '' ? second : first);
}
