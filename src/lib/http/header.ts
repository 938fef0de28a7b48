/** Headers of an answer: names in lower case, values byte by byte (Latin-1), repeated ones as a list. */
export type AnswerHeaders = { readonly [name: string]: string | readonly string[] | undefined };

/** One header of an answer; the first one if the server sent several. */
export function header(headers: AnswerHeaders, name: string): string | null {
  const value = headers[name];
  return (typeof value === 'string' ? value : value?.[0]) ?? null;
}

/** All headers of a name, joined with commas (RFC 9110, 5.3). */
export function allOf(headers: AnswerHeaders, name: string): string | null {
  const value = headers[name];
  if (value === undefined) return null;
  return typeof value === 'string' ? value : value.join(', ');
}
