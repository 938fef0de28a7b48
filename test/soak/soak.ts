import { parseArgs } from 'node:util';
import { parseDuration } from '../../src/lib/units.ts';
import { seedFrom } from '../crash/chance.ts';
import { type Sample, turmoil } from './turmoil.ts';

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
console.log(`POLLHOOK_RELOAD_SEED=${seed}\nseconds  reloads  heap MB  rss MB  files  resources`);
const came = await turmoil({
  ...{ seed, pause: 200, sampleEvery: 5 },
  goesOn: () => passed() < duration,
  tell(sample, reloads) {
    if (passed() - shown < duration / LINES) return;
    shown = passed();
    const { at, heap, rss, files, resources } = sample;
    const columns = [at, reloads, heap / 1e6, rss / 1e6, files ?? 0, resources];
    console.log(columns.map((column) => column.toFixed(0).padStart(7)).join('  '));
  },
});
const { samples, applied, refused, polls, events, deliveries } = came;
console.log(
  `${applied} reloads applied, ${refused} refused; ${polls} polls, ${events} events, ${deliveries} deliveries: none lost, doubled or out of order`,
);

/** The lowest that was seen in a part of the time: what no collection frees. */
function floor(from: number, to: number, what: (sample: Sample) => number): number {
  const part = samples.slice(Math.floor(from * samples.length), Math.ceil(to * samples.length));
  return Math.min(...part.map(what));
}

/** A start warms up for a while; then what is held stays, but for a little that comes and goes. */
const BOUNDS = [
  ['heap', (sample: Sample) => sample.heap, 8e6],
  ['files', (sample: Sample) => sample.files ?? 0, 10],
  ['resources', (sample: Sample) => sample.resources, 10],
] as const;
for (const [what, value, allowed] of BOUNDS) {
  const [early, late] = [floor(0.2, 0.5, value), floor(0.7, 1, value)];
  const grew = late - early > allowed;
  console.log(`${what}: at least ${early} in the first half, ${late} at the end${grew ? ': IT GREW' : ''}`);
  if (grew) process.exitCode = 1;
}
