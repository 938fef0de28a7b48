/** JSONata's built-in functions. A test compares this list with the library. */
export const FUNCTIONS: ReadonlySet<string> = new Set(
  `
    abs append assert average base64decode base64encode boolean ceil clone contains count decodeUrl
    decodeUrlComponent distinct each encodeUrl encodeUrlComponent error eval exists filter floor formatBase formatInteger
    formatNumber fromMillis join keys length lookup lowercase map match max merge millis min not now
    number pad parseInteger power random reduce replace reverse round shuffle sift single sort split
    spread sqrt string substring substringAfter substringBefore sum toMillis trim type uppercase zip
  `
    .trim()
    .split(/\s+/),
);

interface Used {
  readonly name: string;
  /** Where the name ends, in characters, as JSONata counts. */
  readonly position: number;
}

interface Node {
  readonly type?: unknown;
  readonly value?: unknown;
  readonly position?: unknown;
  readonly lhs?: Node;
  readonly rhs?: Node;
  readonly procedure?: Node;
  readonly arguments?: readonly Node[];
  readonly focus?: unknown;
  readonly index?: unknown;
}

/** The first function that an expression calls but that neither it nor JSONata defines. */
export function undefinedFunction(ast: unknown): Used | null {
  const nodes = [...nodesOf(ast)];
  return firstUnknown(
    nodes.map(({ type, rhs, procedure }) => (type === 'apply' ? rhs : procedure)),
    definedBy(nodes),
  );
}

/** The first variable of an expression that is neither given to it, nor defined in it, nor a function. */
export function undefinedVariable(ast: unknown, given: readonly string[]): Used | null {
  const nodes = [...nodesOf(ast)];
  return firstUnknown(nodes, definedBy(nodes).union(new Set(given)));
}

function firstUnknown(nodes: readonly (Node | undefined)[], defined: ReadonlySet<unknown>): Used | null {
  for (const node of nodes) {
    // The nameless one is the context, `$$` the input.
    if (node?.type !== 'variable' || typeof node.value !== 'string' || /^\$?$/.test(node.value)) continue;
    const { value: name, position } = node;
    if (!defined.has(name) && !FUNCTIONS.has(name)) return { name, position: Number(position) };
  }
  return null;
}

/** Names that are defined anywhere in the expression. */
function definedBy(nodes: readonly Node[]): Set<unknown> {
  return new Set(
    nodes.flatMap(({ type, lhs, arguments: taken, focus, index }) => [
      ...(type === 'bind' ? [lhs?.value] : []),
      ...(type === 'lambda' ? (taken ?? []).map(({ value }) => value) : []),
      ...[focus, index],
    ]),
  );
}

function* nodesOf(node: unknown): Iterable<Node> {
  if (typeof node !== 'object' || node === null) return;
  yield node;
  for (const part of Object.values(node)) yield* nodesOf(part);
}
