import { parseArgs } from 'node:util';
import { parseDuration } from '../../src/lib/units.ts';
import { seedFrom } from '../crash/chance.ts';
import { judge } from './judge.ts';
import { turmoil } from './turmoil.ts';

/**
 * A process that polls ten times a second and is reloaded all the while, for a long time: prints what it held, and ends
 * with 1 if that grew, or if events were lost or doubled. `npm run soak -- --for 30m`.
 */
const { values } = parseArgs({ options: { for: { type: 'string', default: '30m' } } });
const duration = parseDuration(values.for);
if (duration === null) throw new RangeError(`--for ${values.for}: a duration is written like 30m`);

/** What a table of so many lines shows is enough. */
const LINES = 60;

const began = performance.now();
const passed = () => performance.now() - began;
let shown = Number.NEGATIVE_INFINITY;
const seed = seedFrom('POLLHOOK_RELOAD_SEED');
console.log(`POLLHOOK_RELOAD_SEED=${seed}`);
console.log(
  ['seconds', 'reloads', 'heap', 'external', 'rss MB', 'files', 'resources']
    .map((head) => head.padStart(9))
    .join('  '),
);
const came = await turmoil({
  ...{ seed, pause: 200, sampleEvery: 5 },
  goesOn: () => passed() < duration,
  tell(sample, reloads) {
    if (passed() - shown < duration / LINES) return;
    shown = passed();
    const { at, heap, external, rss, files, resources } = sample;
    const columns = [at, reloads, heap / 1e6, external / 1e6, rss / 1e6, files ?? 0, resources];
    console.log(columns.map((column) => column.toFixed(0).padStart(9)).join('  '));
  },
});
const { samples, applied, refused, polls, events, deliveries } = came;
console.log(
  `${applied} reloads applied, ${refused} refused; ${polls} polls, ${events} events, ${deliveries} deliveries: none lost, doubled or out of order`,
);

for (const { what, unit, early, late, grew } of judge(samples)) {
  const change = `${early.toFixed(1)} ${unit} in the second quarter, ${late.toFixed(1)} ${unit} in the last`;
  console.log(`${what}: ${change}${grew ? ': IT GREW' : ''}`);
  if (grew) process.exitCode = 1;
}
