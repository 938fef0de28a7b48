import type { Clock } from '../../lib/clock.ts';
import type { PollNote } from '../../model.ts';
import type { Rank } from '../queue.ts';
import { isLearned, type Learner } from './learned.ts';
import { rateOf } from './rate.ts';

/** Above the rank of every poll that is not yet due. */
const DUE = 1e15;

/** Fraction of `max` after which a poll counts as due, since it may have to wait for its turn. */
const EARLY = 0.95;

/** Decides which of several waiting polls begins first. */
export interface Ranks {
  readonly rank: Rank;
  /** To be called for every source before its first poll, and after each of its polls. */
  update(source: Learner, note: PollNote | null): void;
  remove(source: string): void;
}

/**
 * The index rule: whenever the budget allows a poll, the source with the greatest weight·rate·τ²/cost gets it, τ
 * being the time since its last successful poll began. Applied poll by poll this leads to the best intervals ({@link
 * intervalsOf}) without computing them. Fixed intervals that are due, and sources that near their `max`, take
 * precedence, the longest overdue first.
 */
export function createRanks(clock: Clock): Ranks {
  const known = new Map<string, { readonly source: Learner; readonly note: PollNote | null }>();
  return {
    rank(name, waited) {
      const one = known.get(name);
      if (!one || !isLearned(one.source.schedule)) return DUE + waited;
      const { schedule, weight } = one.source;
      const { succeeded = null, learned } = one.note ?? {};
      if (succeeded === null) return DUE + waited;
      // After the wall clock was set back, only the wait itself shows how much time has passed.
      const since = Math.max(clock.now() - succeeded, waited);
      if (since >= EARLY * schedule.max) return DUE + since - EARLY * schedule.max;
      return Math.min(DUE / 2, (weight * rateOf(learned, schedule) * since ** 2) / (learned?.cost ?? 1));
    },
    update(source, note) {
      known.set(source.name, { source, note });
    },
    remove: (name) => void known.delete(name),
  };
}
