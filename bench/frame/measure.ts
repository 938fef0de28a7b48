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
  /** How often the sides take turns within a round. */
  readonly turns: number;
}

/**
 * Measures two sides in short turns, in alternating order, so that whatever else the machine does hits both. Each round
 * gives one ratio. A first round does not count: code gets optimised, connections get opened.
 */
export async function sideBySide(first: Side, second: Side, { rounds, turns }: Rounds): Promise<Comparison> {
  const costs: { first: Cost; second: Cost }[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const sum = { first: FREE, second: FREE };
    for (let turn = 0; turn < turns; turn += 1) {
      const order = turn % 2 === 0 ? (['first', 'second'] as const) : (['second', 'first'] as const);
      for (const side of order) {
        sum[side] = plus(sum[side], await costOf(side === 'first' ? first : second), 1 / turns);
      }
    }
    if (round > 0) costs.push(sum);
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

const FREE: Cost = { cpu: 0, time: 0 };

function plus(sum: Cost, cost: Cost, part: number): Cost {
  return { cpu: sum.cpu + cost.cpu * part, time: sum.time + cost.time * part };
}

/** Of one operation. */
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
