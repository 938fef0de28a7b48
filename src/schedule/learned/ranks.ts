import type { Clock } from '../../lib/clock.ts';
import type { PollNote } from '../../model.ts';
import type { Rank } from '../queue.ts';
import { isLearned, type Learner } from './learned.ts';
import { rateOf } from './rate.ts';

/** Above every height of a poll that could also wait. */
const DUE = 1e15;

/** A poll may have to wait for its turn: to keep to `max`, it gets one after this part of it. */
const EARLY = 0.95;

/** Who comes first when a budget has room for one poll. */
export interface Ranks {
  readonly rank: Rank;
  /** To be told of every source before it waits for the first time, and after each of its polls. */
  update(source: Learner, note: PollNote | null): void;
  remove(source: string): void;
}

/**
 * The index rule: whenever there is room for a poll, the source with the greatest weight·rate·τ²/cost gets it, τ being the
 * time since its last successful poll began. Applied poll by poll this comes to the best intervals ({@link intervalsOf})
 * without computing them. Whoever has a time to keep comes before all that: fixed intervals that are due, and sources
 * that near their `max`, the longest overdue first.
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
      // A clock that was set back says nothing about the time that has passed since: what was waited does.
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
