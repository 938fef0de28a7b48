const TARGET = /[\s,]*<([^>]*)>/y;
const PARAMETER = /\s*;\s*([^\s=;,"]*)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^\s;,]*))?/y;

/**
 * The target of the first link with `rel="next"` in a `Link` header (RFC 8288, 3), as it is written; null if there is
 * none. Links about something else (`anchor`) are left out. What comes after a mistake is not read.
 */
export function nextLink(header: string): string | null {
  let at = 0;
  for (;;) {
    TARGET.lastIndex = at;
    const target = TARGET.exec(header);
    if (!target) return null;
    at = TARGET.lastIndex;
    const parameters = new Map<string, string>();
    for (;;) {
      PARAMETER.lastIndex = at;
      const found = PARAMETER.exec(header);
      if (!found) break;
      at = PARAMETER.lastIndex;
      const name = (found[1] ?? '').toLowerCase();
      // Only the first `rel` counts (RFC 8288, 3.3).
      if (!parameters.has(name)) parameters.set(name, unquoted(found[2] ?? ''));
    }
    const relations = (parameters.get('rel') ?? '').toLowerCase().split(/\s+/);
    if (relations.includes('next') && !parameters.has('anchor')) return target[1] ?? null;
  }
}

function unquoted(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text;
}
