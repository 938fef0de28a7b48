/** Primary result codes of SQLite (https://sqlite.org/rescode.html). */
export const BUSY = 5;
export const CORRUPT = 11;
export const TOOBIG = 18;
export const CONSTRAINT = 19;
export const MISMATCH = 20;
export const MISUSE = 21;
export const RANGE = 25;
export const NOTADB = 26;

/** The primary result code of what node:sqlite threw: the upper bits of `errcode` refine it. Null for anything else. */
export function resultOf(error: unknown): number | null {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : null;
  return typeof code === 'number' ? code & 0xff : null;
}
