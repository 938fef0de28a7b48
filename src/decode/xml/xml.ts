import type { SourceConfig } from '../../config/document.ts';
import { parsePath } from '../../lib/path.ts';
import { count, lineAndColumn, Malformed, type Parsed, refused } from '../parsed.ts';
import { Reader } from './reader.ts';
import { shapeOf } from './shape.ts';

/** Tags at most: each becomes an object or a string, and no honest document of an acceptable size has more. */
const MOST_TAGS = 4_000_000;

/** What XML 1.0 excludes: control characters and non-characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what it looks for
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;

/**
 * Reads XML: every value is the text that was written. Elements at `items` and `arrays` are lists, even with one
 * element or none.
 *
 * @param items path of the list, if it is a path
 */
export function createXmlParser(xml: SourceConfig['xml'], items: readonly string[] | null) {
  const arrays = xml?.arrays.map(parsePath) ?? [];
  const shape = shapeOf(items && items.length > 1 ? [items, ...arrays] : arrays);
  return (text: string): Parsed => {
    const at = text.search(FORBIDDEN);
    if (at >= 0) return malformed('a character that XML does not allow', text, at);
    if (count(text, '<') > MOST_TAGS)
      return refused('DECODE_LIMIT', `the answer has more than ${MOST_TAGS} tags`);
    try {
      return { kind: 'document', value: new Reader(text, xml?.strip_namespaces ?? false).document(shape) };
    } catch (error) {
      if (error instanceof Malformed) return malformed(error.message, text, error.at);
      // Regular expressions may overflow the stack on endless declarations; other errors are bugs.
      if (!(error instanceof RangeError)) throw error;
      return refused('DECODE_LIMIT', 'the answer is too much for XML');
    }
  };
}

function malformed(what: string, text: string, at: number): Parsed {
  return refused(
    'DECODE_MALFORMED',
    `the answer is not well-formed XML: ${what} at ${lineAndColumn(text, at)}`,
  );
}
