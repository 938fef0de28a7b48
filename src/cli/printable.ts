/** A line that is safe for a terminal: control characters, line breaks and writing directions are escaped. */
export function printable(line: string): string {
  return line.replaceAll(
    /[\p{Cc}\p{Cs}\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/gu,
    (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`,
  );
}
