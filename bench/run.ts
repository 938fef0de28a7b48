import { writeFileSync } from 'node:fs';
import { machine } from './frame/machine.ts';
import { page } from './frame/page.ts';
import { inProcess } from './frame/process.ts';
import { runRows } from './frame/run.ts';
import { heading, tally } from './frame/table.ts';
import { MISSED } from './missed.ts';
import { ROWS } from './rows.ts';

/** `npm run bench [-- ROW…]`: measures all rows and writes the page, or only those that are named and writes nothing. */

const PAGE = new URL('../docs/benchmarks.md', import.meta.url);

const names = process.argv.slice(2);
const unknown = names.filter((name) => name !== '--list' && !ROWS.some((row) => row.name === name));
if (unknown.length > 0) {
  console.error(`there is no row ${unknown.join(', ')}; see --list`);
  process.exitCode = 2;
} else if (names.includes('--list')) {
  for (const row of ROWS) console.log(heading(row).trim());
} else {
  const rows = names.length === 0 ? ROWS : ROWS.filter((row) => names.includes(row.name));
  const measured = await runRows(rows, inProcess(new URL('./case.ts', import.meta.url)), console.log);
  const { goals, met } = tally(measured);
  console.log(`\n${met} of ${goals} goals reached`);
  if (names.length === 0) writeFileSync(PAGE, page(measured, machine(new Date()), MISSED));
}
