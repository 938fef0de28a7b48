/** What JSONata brings along. A test compares this with the library. */
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

interface Called {
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
}

/** The first function that an expression calls and nobody defines, neither it nor JSONata: a slip of the pen. */
export function undefinedFunction(ast: unknown): Called | null {
  const called: Called[] = [];
  const defined = new Set<unknown>();
  for (const { type, lhs, rhs, procedure, arguments: taken } of nodesOf(ast)) {
    if (type === 'bind') defined.add(lhs?.value);
    if (type === 'lambda') for (const { value } of taken ?? []) defined.add(value);
    const callee = type === 'apply' ? rhs : procedure;
    // Nameless: the context itself is called, which fails in words of its own.
    if (callee?.type !== 'variable' || typeof callee.value !== 'string' || callee.value === '') continue;
    called.push({ name: callee.value, position: Number(callee.position) });
  }
  return called.find(({ name }) => !defined.has(name) && !FUNCTIONS.has(name)) ?? null;
}

function* nodesOf(node: unknown): Iterable<Node> {
  if (typeof node !== 'object' || node === null) return;
  yield node;
  for (const part of Object.values(node)) yield* nodesOf(part);
}
