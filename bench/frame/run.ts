import type { Measure } from './process.ts';
import type { Measured, Row } from './row.ts';
import { heading, terminalLine } from './table.ts';

/** Measures rows case by case and tells each figure as it comes. */
export async function runRows(
  rows: readonly Row[],
  measure: Measure,
  tell: (line: string) => void,
): Promise<readonly Measured[]> {
  const measured: Measured[] = [];
  for (const row of rows) {
    tell(heading(row));
    const figures: Measured['figures'][number][] = [];
    for (const name of Object.keys(row.cases)) {
      for (const figure of await measure(row, name)) {
        figures.push({ case: name, figure });
        tell(terminalLine(name, figure));
      }
    }
    measured.push({ row, figures });
  }
  return measured;
}
