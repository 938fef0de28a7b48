import { seeded } from '../frame/chance.ts';
import {
  equalIntervals,
  learnedIntervals,
  type Polls,
  proportionalIntervals,
  type Setting,
} from './polls.ts';
import { bursty, poisson, unevenRates } from './traces.ts';
import { type Waits, waitsOf } from './waits.ts';

const DAY = 86_400_000;

/** The ways to share a budget, side by side on one trace. */
export interface Compared {
  readonly equal: Waits;
  readonly proportional: Waits;
  readonly learned: Waits;
  /** Of the learned intervals after the first days, in which they were unknown. */
  readonly settled: Waits;
}

export const SETTING = { sources: 40, hourly: 20, min: 10_000, max: DAY / 2 } as const;

/** Simulates so many days of 40 uneven sources that share 20 requests an hour. */
export async function compare(kind: 'poisson' | 'bursty', seed: number, days: number): Promise<Compared> {
  const random = seeded(seed);
  const end = days * DAY;
  const rates = unevenRates(SETTING.sources, random);
  const traces = rates.map((rate) => (kind === 'poisson' ? poisson : bursty)(rate, end, random));
  const setting: Setting = { ...SETTING, traces, rates, end };
  const waits = (polls: Polls, begin = 0) => waitsOf(setting, polls, begin);
  const learned = await learnedIntervals(setting);
  return {
    equal: waits(equalIntervals(setting)),
    proportional: waits(proportionalIntervals(setting)),
    learned: waits(learned),
    settled: waits(learned, (days / 3) * DAY),
  };
}
