/**
 * Finds where JSON values begin and end without parsing them. For text that is not well-formed the result is -1 or
 * null; the caller then parses it, which reports the mistake.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** The first position at or after `at` that is not white space. */
export function skipSpace(bytes: Buffer, at: number): number {
  let position = at;
  for (;;) {
    const byte = bytes[position];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return position;
    position += 1;
  }
}

/** Where the string that opens at `at` ends (after its closing quote); -1 if it does not. */
function skipString(bytes: Buffer, at: number): number {
  for (let position = at + 1; position < bytes.length; position += 1) {
    const byte = bytes[position];
    if (byte === BACKSLASH) position += 1;
    else if (byte === QUOTE) return position + 1;
  }
  return -1;
}

/** Where the value that begins at `at` ends; -1 if it does not. Brackets are counted, not matched by kind. */
export function skipValue(bytes: Buffer, at: number): number {
  let depth = 0;
  for (let position = at; position < bytes.length; position += 1) {
    const byte = bytes[position];
    if (byte === QUOTE) {
      position = skipString(bytes, position) - 1;
      if (position < 0) return -1;
      if (depth === 0) return position + 1;
    } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      depth += 1;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      depth -= 1;
      if (depth === 0) return position + 1;
      if (depth < 0) return position;
    } else if (
      depth === 0 &&
      (byte === COMMA || byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09)
    ) {
      return position;
    }
  }
  return depth === 0 ? bytes.length : -1;
}

/**
 * Where the list at a path of member names opens; -1 if the first value under that path is no list.
 *
 * @param path member names from the root; empty for a document that is the list
 */
export function findList(bytes: Buffer, path: readonly string[]): number {
  let position = skipSpace(bytes, 0);
  for (const name of path) {
    position = findMember(bytes, position, name);
    if (position < 0) return -1;
  }
  return bytes[position] === OPEN_LIST ? position : -1;
}

function findMember(bytes: Buffer, object: number, name: string): number {
  if (bytes[object] !== OPEN_OBJECT) return -1;
  let position = skipSpace(bytes, object + 1);
  while (bytes[position] === QUOTE) {
    const end = skipString(bytes, position);
    if (end < 0) return -1;
    const found = bytes.toString('utf8', position + 1, end - 1);
    position = skipSpace(bytes, end);
    if (bytes[position] !== COLON) return -1;
    position = skipSpace(bytes, position + 1);
    // A name spelled with escapes is not recognised here: the caller then parses the whole answer.
    if (found === name) return position;
    position = skipValue(bytes, position);
    if (position < 0) return -1;
    position = skipSpace(bytes, position);
    if (bytes[position] !== COMMA) return -1;
    position = skipSpace(bytes, position + 1);
  }
  return -1;
}

/**
 * The start of the next element after a value that ended at `at`, or where the list closes.
 * Null if neither a comma with an object after it nor the end of the list follows.
 */
export function nextElement(
  bytes: Buffer,
  at: number,
): { readonly start: number } | { readonly close: number } | null {
  const position = skipSpace(bytes, at);
  if (bytes[position] === CLOSE_LIST) return { close: position + 1 };
  if (bytes[position] !== COMMA) return null;
  const start = skipSpace(bytes, position + 1);
  return bytes[start] === OPEN_OBJECT ? { start } : null;
}

/** The first element of the list that opens at `list`: as {@link nextElement}. */
export function firstElement(
  bytes: Buffer,
  list: number,
): { readonly start: number } | { readonly close: number } | null {
  const position = skipSpace(bytes, list + 1);
  if (bytes[position] === CLOSE_LIST) return { close: position + 1 };
  return bytes[position] === OPEN_OBJECT ? { start: position } : null;
}
