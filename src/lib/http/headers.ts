/**
 * Adds headers to a list of names and values in turn. What is added replaces what has the same name, but for cookies,
 * which join.
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

/** Where a header of this name is in a list; -1 if there is none. A short list is searched faster than a map is made. */
function placeOf(headers: readonly string[], name: string): number {
  const wanted = name.toLowerCase();
  for (let at = 0; at < headers.length; at += 2) if (headers[at]?.toLowerCase() === wanted) return at;
  return -1;
}

/** Names and values in turn, two by two. */
export function pairs(headers: readonly string[]): [name: string, value: string][] {
  return headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1] ?? '']] : []));
}
