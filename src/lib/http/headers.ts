/**
 * Adds headers to a list of names and values in turn. What is added replaces what has the same name, but for cookies,
 * which join.
 */
export function withHeaders(headers: readonly string[], more: readonly string[]): string[] {
  const kept: string[] = [];
  const added: string[] = [];
  // Lists this short are searched faster than a map is made.
  for (let at = 0; at + 1 < more.length; at += 2) {
    const [name, value] = [more[at] as string, more[at + 1] as string];
    const same = placeOf(added, name);
    added.splice(same < 0 ? added.length : same, 2, name, value);
  }
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const [name, value] = [headers[at] as string, headers[at + 1] as string];
    const same = placeOf(added, name);
    if (same < 0) kept.push(name, value);
    else if (name.toLowerCase() === 'cookie') added[same + 1] = `${value}; ${added[same + 1]}`;
  }
  return kept.concat(added);
}

/** Where a header of this name is in a list; -1 if there is none. */
function placeOf(headers: readonly string[], name: string): number {
  const wanted = name.toLowerCase();
  return headers.findIndex((other, at) => at % 2 === 0 && other.toLowerCase() === wanted);
}

/** Names and values in turn, two by two. */
export function pairs(headers: readonly string[]): [name: string, value: string][] {
  return headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1] ?? '']] : []));
}
