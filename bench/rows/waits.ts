import type { Figure, Row } from '../frame/row.ts';
import { median, summary } from '../frame/statistics.ts';
import { type Compared, compare, SETTING } from '../simulation/compare.ts';
import type { Waits } from '../simulation/waits.ts';

const DAYS = 14;
const TRACES = 10;
const MINUTE = 60_000;

async function measure(kind: 'poisson' | 'bursty'): Promise<readonly Figure[]> {
  const runs: Compared[] = [];
  for (let seed = 1; seed <= TRACES; seed += 1) runs.push(await compare(kind, seed, DAYS));
  const ratio = (what: string, of: (run: Compared) => number, most: number): Figure => ({
    what,
    unit: '×',
    ...summary(runs.map(of)),
    goal: { most },
    detail: ways(runs),
  });
  const longest = Math.max(...runs.map(({ learned }) => learned.longest));
  return [
    ratio('mean wait', ({ learned, equal }) => learned.mean / equal.mean, 0.55),
    {
      what: 'longest interval against `max`',
      unit: '×',
      value: longest / SETTING.max,
      low: longest / SETTING.max,
      high: longest / SETTING.max,
      goal: { most: 1 },
      detail: `${(longest / MINUTE / 60).toFixed(2)} h, of all traces`,
    },
  ];
}

/** Means and 95th percentiles of each way, in minutes. */
function ways(runs: readonly Compared[]): string {
  const of = (way: keyof Compared, part: (waits: Waits) => number) =>
    (median(runs.map((run) => part(run[way]))) / MINUTE).toFixed(0);
  const told = (name: string, way: keyof Compared) =>
    `${name} ${of(way, ({ mean }) => mean)} min, p95 ${of(way, ({ p95 }) => p95)} min`;
  return [
    told('equal intervals', 'equal'),
    told('proportional to the rate', 'proportional'),
    told('pollhook', 'learned'),
    told('pollhook after a third of the time', 'settled'),
  ].join('; ');
}

export const waitsRow: Row = {
  name: 'waits',
  what: 'Mean wait of a change, 40 uneven sources that share a tight budget',
  against: 'equal intervals at the same budget',
  method: `A simulation on a virtual clock: ${SETTING.sources} sources of which the logarithms of the rates are normal (σ = 2, median 4 changes a day), ${SETTING.hourly} requests an hour for all of them, ${DAYS} days, ${TRACES} traces of each kind. Poisson: changes that know nothing of each other; bursty: on average eight together, minutes apart. pollhook's polls are those of its own schedule, gate and ranks, which know nothing at the beginning (\`every: {min: 10s, max: 12h}\`); intervals proportional to the rate are given the true rates.`,
  cases: { Poisson: () => measure('poisson'), bursty: () => measure('bursty') },
};
