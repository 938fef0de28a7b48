/** What SQLite does not keep as it is: unpaired surrogates, which are no UTF-8, and NUL, which cuts its own functions short. */
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
