/**
 * Characters that need escaping, besides unpaired surrogates, which UTF-8 cannot encode: NUL, which ends strings in
 * functions of SQLite, and the backslash of the escapes.
 */
const UNKEPT = /[\\\0]/;

/**
 * Any string as text that SQLite keeps and compares exactly: unchanged unless it holds a backslash, NUL or an unpaired
 * surrogate, else with JSON's escapes. Different strings stay different.
 */
export function encode(text: string): string {
  return text.isWellFormed() && !UNKEPT.test(text) ? text : JSON.stringify(text).slice(1, -1);
}

export function decode(text: string): string {
  return text.includes('\\') ? JSON.parse(`"${text}"`) : text;
}
