import type { SourceConfig } from '../../config/document.ts';
import type { JsonObject } from '../../model.ts';
import { lineAndColumn, Malformed, MOST_RECORDS, type Parsed, refused } from '../parsed.ts';
import { type Columns, columnsOf, recordOf } from './columns.ts';
import { findDelimiter } from './delimiter.ts';
import { afterLine, rowsOf } from './rows.ts';

/** Excel's declaration of the delimiter in the first line. */
const SEPARATOR = /sep=([^\r\n])(?:\r\n?|\n)/iy;

/**
 * Reads CSV as a list of objects: columns by name, every value the text that was written.
 *
 * @param needed columns that must exist even if there are no rows: a line of other text is not an empty list
 */
export function createCsvParser(csv: SourceConfig['csv'], needed: readonly string[]) {
  const names = Array.isArray(csv?.header) ? csv.header : null;
  const quote = csv?.quote === false ? null : (csv?.quote ?? '"');
  const comment = csv?.comment ?? null;

  return (text: string): Parsed => {
    try {
      return { kind: 'document', value: [...recordsOf(text)] };
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      const place = lineAndColumn(text, error.at);
      return refused('DECODE_MALFORMED', `the answer is not well-formed CSV: ${error.message} at ${place}`);
    }
  };

  function* recordsOf(text: string): Iterable<JsonObject> {
    const { from, separator } = beginning(text);
    const delimiter =
      csv?.delimiter ?? separator ?? findDelimiter(text, from, { quote, comment }, names?.length ?? null);
    let columns: Columns | null = names;
    let rows = 0;
    for (const row of rowsOf(text, { delimiter, quote, comment }, from)) {
      rows += 1;
      if (rows > MOST_RECORDS) throw new Malformed(`more than ${MOST_RECORDS} rows`, row.at);
      if (columns) yield recordOf(columns, row);
      else columns = columnsOf(row, needed);
    }
  }

  /** The position after skipped lines and the `sep=` line. */
  function beginning(text: string): { readonly from: number; readonly separator: string | undefined } {
    let from = 0;
    for (let line = 0; line < (csv?.skip ?? 0); line += 1) from = afterLine(text, from);
    SEPARATOR.lastIndex = from;
    const [line = '', separator] = SEPARATOR.exec(text) ?? [];
    return { from: from + line.length, separator };
  }
}
