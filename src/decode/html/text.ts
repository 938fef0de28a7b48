/** The parts of a document node that are used here. */
export interface Node {
  readonly type: string;
  readonly name?: string;
  readonly data?: string;
  readonly childNodes?: readonly Node[];
}

/** Elements that browsers separate from the text around them. */
const APART = new Set(['br', 'dd', 'div', 'dt', 'h1', 'h2', 'h3', 'h4', 'li', 'p', 'td', 'th', 'tr']);
const HIDDEN = new Set(['script', 'style', 'template']);

/**
 * The text of a node as a browser shows it, on one line: white space collapsed, `<br>` and blocks separated by a
 * space.
 */
export function textOf(node: Node): string {
  let text = '';
  // A stack of our own: documents can be nested deeper than functions can.
  const waiting: (Node | string)[] = [node];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next === 'string') text += next;
    else if (next.type === 'text') text += next.data ?? '';
    else if (!HIDDEN.has(next.name ?? '')) {
      const apart = APART.has(next.name ?? '') ? ' ' : '';
      waiting.push(apart);
      for (const child of next.childNodes?.toReversed() ?? []) waiting.push(child);
      waiting.push(apart);
    }
  }
  return text.replace(/\s+/g, ' ').trim();
}
