import { findDelimiter } from '../../decode/csv/delimiter.ts';
import { rowsOf } from '../../decode/csv/rows.ts';
import { Malformed } from '../../decode/parsed.ts';

/** Cells of data rather than names: numbers, dates and times, but not years, which may be column names. */
const DATUM = /^(?!(?:19|20)\d\d$)[-+]?\d[\d.,:/ TZ+-]*$/;

/** Column names for CSV without a header; null if the first row is a header. */
export function headerFor(text: string): readonly string[] | null {
  const dialect = { quote: '"', comment: null };
  try {
    const delimiter = findDelimiter(text, 0, dialect, null);
    for (const { cells } of rowsOf(text, { ...dialect, delimiter })) {
      const names = cells.map((cell) => cell.trim()).filter((cell) => cell !== '');
      const isRecord = names.some((name) => DATUM.test(name)) || new Set(names).size < names.length;
      return isRecord ? cells.map((_, at) => `column_${at + 1}`) : null;
    }
  } catch (error) {
    // The real parser will report what is wrong.
    if (!(error instanceof Malformed)) throw error;
  }
  return null;
}

/** Whether the first lines have the same number of cells, unlike prose. */
export function isTabular(text: string): boolean {
  const lines = text.split(/\r\n?|\n/, 20).filter((line) => line.trim() !== '');
  return [',', ';', '\t', '|'].some((sign) => {
    const widths = lines.map((line) => line.split(sign).length);
    const [header = 1] = widths;
    return (
      lines.length > 1 &&
      header > 1 &&
      widths.every((width) => width === header) &&
      !/\s{2}|: /.test(lines[0] ?? '')
    );
  });
}
