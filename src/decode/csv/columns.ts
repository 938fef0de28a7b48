import type { JsonObject } from '../../model.ts';
import { names } from '../describe.ts';
import { Malformed, quoted } from '../parsed.ts';
import type { Row } from './rows.ts';

/** Names of columns by position; null for a column without a name, whose cells must all be blank. */
export type Columns = readonly (string | null)[];

/**
 * Reads the header. Duplicate names are refused; so is a header without the needed columns, which may be the one line
 * of an error message.
 */
export function columnsOf({ cells, at }: Row, needed: readonly string[]): Columns {
  const columns = cells.map((cell) => cell.trim() || null);
  const record = cells.some((cell) => VALUE.test(cell)) ? RECORD : null;
  const again = columns.find((name, index) => name !== null && columns.indexOf(name) < index);
  if (again)
    throw new Malformed(
      record ? `two columns have one name${record}` : `two columns are named ${quoted(again)}`,
      at,
    );
  const missing = needed.find((name) => !columns.includes(name));
  if (missing !== undefined) {
    const there = record ?? ` (the first row has ${names(columns.map((name) => name ?? ''))})`;
    throw new Malformed(`no column is named ${quoted(missing)}${there}`, at);
  }
  return columns;
}

/** A number, a date, an e-mail address: rarely the name of a column. */
const VALUE = /^\s*[-+]?\d|@/;
/** Messages never quote values of records. */
const RECORD = ', and the first row looks like a record: `csv.header` may list the names';

/** A row as an object. A row with missing cells is refused: it may be cut off. */
export function recordOf(columns: Columns, { cells, at }: Row): JsonObject {
  if (cells.length < columns.length) {
    throw new Malformed(`a row of ${cells.length} cells where there are ${columns.length} columns`, at);
  }
  const members: [string, string][] = [];
  for (const [index, cell] of cells.entries()) {
    const name = columns[index] ?? null;
    if (name !== null) members.push([name, cell]);
    else if (cell.trim() !== '') throw new Malformed(`cell ${index + 1} of a row is in no named column`, at);
  }
  return Object.fromEntries(members);
}
