/**
 * Adds headers to a list of names and values in turn. What is added replaces what has the same name, but for cookies,
 * which join.
 */
export function withHeaders(headers: readonly string[], more: readonly string[]): string[] {
  const added = new Map(pairs(more).map(([name, value]) => [name.toLowerCase(), [name, value] as const]));
  const kept = pairs(headers).filter(([name, value]) => {
    const other = added.get(name.toLowerCase());
    if (other && name.toLowerCase() === 'cookie') added.set('cookie', [name, `${value}; ${other[1]}`]);
    return !other;
  });
  return [...kept, ...added.values()].flat();
}

/** Names and values in turn, two by two. */
export function pairs(headers: readonly string[]): [name: string, value: string][] {
  return headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1] ?? '']] : []));
}
