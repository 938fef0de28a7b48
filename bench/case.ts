import { ROWS } from './rows.ts';

/** Measures one case, named by its row and itself, and sends the figures to the process that asked. */

const [rowName, caseName = ''] = process.argv.slice(2);
const measure = ROWS.find(({ name }) => name === rowName)?.cases[caseName];
if (!measure) throw new Error(`there is no case "${caseName}" of a row "${rowName}"`);
const figures = await measure();
process.send?.(figures, () => process.exit(0));
