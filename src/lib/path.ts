/** Letters and digits of any script, and the signs that names of legacy systems have; everything else is JSONata. */
const DOTTED = /^[\p{L}\p{N}_@#:-]+(?:\.[\p{L}\p{N}_@#:-]+)*$/u;

/** Whether a text is a plain path (`data.tickets`), not a JSONata expression. */
export function isDottedPath(text: string): boolean {
  return DOTTED.test(text);
}

/** Member names and list indexes of a dotted path, from the root. */
export function parsePath(text: string): string[] {
  return text.split('.');
}
