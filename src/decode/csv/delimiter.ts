import { Malformed } from '../parsed.ts';
import { type Dialect, rowsOf } from './rows.ts';

const CANDIDATES = [',', ';', '\t', '|'];

/**
 * The delimiter that gives the first row the most cells, or the expected number. Only the first row decides: it is
 * the header, the same in every answer, so that the result does not change with the data.
 *
 * @param columns expected number of columns; null if it is not known
 */
export function findDelimiter(
  text: string,
  from: number,
  dialect: Omit<Dialect, 'delimiter'>,
  columns: number | null,
): string {
  let best = { delimiter: ',', fit: 1 };
  for (const delimiter of CANDIDATES) {
    const width = firstWidth(text, from, { ...dialect, delimiter });
    const fit = width === columns ? Number.POSITIVE_INFINITY : width;
    if (fit > best.fit) best = { delimiter, fit };
  }
  return best.delimiter;
}

function firstWidth(text: string, from: number, dialect: Dialect): number {
  try {
    for (const { cells } of rowsOf(text, dialect, from)) return cells.length;
  } catch (error) {
    // With another delimiter the quotes may be right.
    if (!(error instanceof Malformed)) throw error;
  }
  return 0;
}
