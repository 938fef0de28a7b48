/**
 * Adds headers to a flat list of names and values. They replace those of the same name, except cookies, which are
 * joined.
 */
export function withHeaders(headers: readonly string[], more: readonly string[]): string[] {
  const added: string[] = [];
  for (let at = 0; at + 1 < more.length; at += 2) {
    const name = more[at] as string;
    const same = placeOf(added, name);
    const place = same < 0 ? added.length : same;
    added[place] = name;
    added[place + 1] = more[at + 1] as string;
  }
  const all: string[] = [];
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] as string;
    const value = headers[at + 1] as string;
    const same = placeOf(added, name);
    if (same < 0) all.push(name, value);
    else if (name.toLowerCase() === 'cookie') added[same + 1] = `${value}; ${added[same + 1]}`;
  }
  all.push(...added);
  return all;
}

/** Index of a header in a flat list; -1 if there is none. Searching a short list is faster than building a map. */
function placeOf(headers: readonly string[], name: string): number {
  const wanted = name.toLowerCase();
  for (let at = 0; at < headers.length; at += 2) if (headers[at]?.toLowerCase() === wanted) return at;
  return -1;
}

/** A flat list of names and values as pairs. */
export function pairs(headers: readonly string[]): [name: string, value: string][] {
  return headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1] ?? '']] : []));
}
