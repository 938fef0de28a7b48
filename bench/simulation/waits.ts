import { mean, quantile } from '../frame/statistics.ts';
import type { Polls, Setting } from './polls.ts';

export interface Waits {
  /** Milliseconds that a change waits for the poll that shows it. */
  readonly mean: number;
  readonly p95: number;
  /** The longest time between two polls of one source, milliseconds. */
  readonly longest: number;
  readonly polls: number;
}

/** What changes waited, from `begin` (milliseconds) on; those that no poll shows any more are left out. */
export function waitsOf({ traces }: Setting, polls: Polls, begin: number): Waits {
  const waits: number[] = [];
  let longest = 0;
  for (const [index, trace] of traces.entries()) {
    const times = polls[index] ?? [];
    let next = 0;
    for (const at of trace) {
      while (next < times.length && (times[next] ?? 0) < at) next += 1;
      const shown = times[next];
      if (at >= begin && shown !== undefined) waits.push(shown - at);
    }
    for (const [turn, time] of times.entries()) longest = Math.max(longest, time - (times[turn - 1] ?? time));
  }
  const count = polls.reduce((sum, times) => sum + times.length, 0);
  return { mean: mean(waits), p95: quantile(waits, 0.95), longest, polls: count };
}
