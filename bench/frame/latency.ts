import { setTimeout as wait } from 'node:timers/promises';
import type { Figure, Goal } from './row.ts';
import { median, quantile } from './statistics.ts';
import type { World } from './world.ts';

/** A source that changes one record at each poll, ten polls a second. */
export const LIVE = { url: '/tickets/live?count=100&changing=1', every: '100ms', send_to: 'live' } as const;
export const LIVE_HOOK = { url: '/hook/live' } as const;

/** Milliseconds from the answer that showed a change to the arrival of the webhook, during `seconds`. */
export async function latencies(world: World, seconds: number): Promise<readonly number[]> {
  await world.ask('latencies', LIVE_HOOK.url);
  await wait(seconds * 1000);
  return world.ask('latencies', LIVE_HOOK.url);
}

/** One quantile of all runs together, with the least and the most that a single run had. */
export function latencyFigure(
  what: string,
  runs: readonly (readonly number[])[],
  part: number,
  goal: Goal,
): Figure {
  const each = runs.map((run) => quantile(run, part));
  const all = runs.flat();
  return {
    what,
    unit: 'ms',
    value: quantile(all, part),
    low: Math.min(...each),
    high: Math.max(...each),
    goal,
    detail: `${all.length} changes in ${runs.length} runs; median ${median(all).toFixed(2)} ms`,
  };
}
