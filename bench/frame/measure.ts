import type { Figure, Goal } from './row.ts';
import { median, summary } from './statistics.ts';

/** One of two things that are compared. */
export interface Side {
  /** Makes ready what `run` needs; not measured. */
  readonly prepare?: () => Promise<void>;
  /** Does the thing `operations` times. */
  readonly run: () => Promise<void>;
  readonly operations: number;
}

/** What one operation costs, in milliseconds: of processor time in all threads of this process, and by the clock. */
export interface Cost {
  readonly cpu: number;
  readonly time: number;
}

export interface Comparison {
  /** Cost of the first side over cost of the second, in processor time: one ratio a round. */
  readonly ratios: readonly number[];
  /** Medians. */
  readonly first: Cost;
  readonly second: Cost;
}

export interface Rounds {
  readonly rounds: number;
  /** Rounds before those that count: code gets optimised, connections get opened. */
  readonly warmUp: number;
}

/**
 * Measures two sides in turn, in alternating order, so that whatever else the machine does hits both. Each round gives
 * one ratio.
 */
export async function sideBySide(first: Side, second: Side, { rounds, warmUp }: Rounds): Promise<Comparison> {
  const costs: { first: Cost; second: Cost }[] = [];
  for (let round = -warmUp; round < rounds; round += 1) {
    const swapped = round % 2 !== 0;
    const one = await costOf(swapped ? second : first);
    const other = await costOf(swapped ? first : second);
    if (round >= 0) costs.push(swapped ? { first: other, second: one } : { first: one, second: other });
  }
  const middle = (side: 'first' | 'second'): Cost => ({
    cpu: median(costs.map((cost) => cost[side].cpu)),
    time: median(costs.map((cost) => cost[side].time)),
  });
  return {
    ratios: costs.map((cost) => cost.first.cpu / cost.second.cpu),
    first: middle('first'),
    second: middle('second'),
  };
}

async function costOf({ prepare, run, operations }: Side): Promise<Cost> {
  await prepare?.();
  const cpu = process.cpuUsage();
  const began = performance.now();
  await run();
  const time = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  return { cpu: (user + system) / 1000 / operations, time: time / operations };
}

/** The figure of a comparison: the ratio of processor time, with both costs spelled out. */
export function ratioFigure(comparison: Comparison, goal: Goal | null, what = ''): Figure {
  const { ratios, first, second } = comparison;
  const detail = `CPU ${milliseconds(first.cpu)} against ${milliseconds(second.cpu)}; clock ${milliseconds(first.time)} against ${milliseconds(second.time)}`;
  return { what, unit: '×', ...summary(ratios), goal, detail };
}

/** Three digits, in µs, ms or s. */
export function milliseconds(ms: number): string {
  if (ms < 1) return `${Number((ms * 1000).toPrecision(3))} µs`;
  return ms < 1000 ? `${Number(ms.toPrecision(3))} ms` : `${Number((ms / 1000).toPrecision(3))} s`;
}

/** Does something a number of times, one after another. */
export async function repeat(times: number, work: (index: number) => Promise<unknown>): Promise<void> {
  for (let index = 0; index < times; index += 1) await work(index);
}
