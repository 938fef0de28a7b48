import type { Schedule, SourceConfig } from '../../config/document.ts';
import { intervalsOf } from '../../lib/optimal-intervals.ts';
import type { Learned } from '../../model.ts';
import { rateOf } from './rate.ts';

/** Intervals that are learned, in milliseconds. */
export type Span = Extract<Schedule, { readonly max: number }>;

export type Learner = Pick<SourceConfig, 'name' | 'schedule' | 'weight' | 'budget'>;

/** How often and why a source with learned intervals is polled. Times are milliseconds. */
export interface Pace {
  /** Changes per millisecond. */
  readonly rate: number;
  /** Between two polls, on average. */
  readonly interval: number;
  /** How long a change waits to be polled, on average. */
  readonly wait: number;
}

export function isLearned(schedule: Schedule): schedule is Span {
  return 'max' in schedule;
}

/**
 * The shortest time between two polls of a source with learned intervals. If its budget has a rate, its `min`: then the
 * budget decides poll by poll ({@link createRanks}). If no rate has to be shared, it is polled as often as it changes.
 */
export function restOf(
  { schedule, weight, budget }: Pick<Learner, 'weight' | 'budget'> & { readonly schedule: Span },
  learned: Learned | undefined,
): number {
  const { min, max } = schedule;
  if (budget && budget.limits.length > 0) return min;
  return Math.min(max, Math.max(min, 1 / (weight * rateOf(learned, schedule))));
}

/**
 * The paces of the learned sources of one budget, by name, as they will be if nothing changes: the best intervals
 * that the budget allows beside its sources with fixed ones.
 *
 * @param requests per millisecond that are available to them; Infinity without a limit
 */
export function pacesOf(
  sources: readonly Learner[],
  learnedOf: (source: string) => Learned | undefined,
  requests: number,
): ReadonlyMap<string, Pace> {
  const learners = sources.flatMap((source) => {
    const { schedule } = source;
    if (!isLearned(schedule)) return [];
    const learned = learnedOf(source.name);
    const { name, weight } = source;
    const min = restOf({ ...source, schedule }, learned);
    return [
      { name, min, max: schedule.max, weight, rate: rateOf(learned, schedule), cost: learned?.cost ?? 1 },
    ];
  });
  const intervals = learners.length === 0 ? [] : intervalsOf(learners, requests);
  return new Map(
    learners.map(({ name, rate }, index) => {
      const interval = intervals[index] ?? 0;
      return [name, { rate, interval, wait: interval / 2 }];
    }),
  );
}
