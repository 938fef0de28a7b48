import { Cron } from 'croner';
import type { Schedule, SourceConfig } from '../config/document.ts';
import { jittered } from '../lib/random.ts';
import type { Learned, PollNote } from '../model.ts';
import { isLearned, restOf } from './learned/learned.ts';

/** Pauses are capped at this, so a time further ahead shows that the wall clock was set back since. */
const LONGEST_PAUSE = 24 * 3_600_000;

/** Milliseconds: a clock correction below this does not disturb a cron schedule. */
const CRON_TOLERANCE = 60_000;

/** What decides when a source is polled. */
type Timing = Pick<SourceConfig, 'schedule' | 'backoff' | 'weight' | 'budget'>;

/**
 * Parsed cron expressions: parsing costs more than evaluating. A schedule is the same object while its configuration
 * applies.
 */
const patterns = new WeakMap<Schedule, Cron>();

/**
 * When a source is due: now or earlier means at once, Infinity never (a cron that names no day).
 *
 * - Never polled: at once.
 * - After a success: `every` after the *start* of the last poll (for learned intervals: when it may wait for its budget
 *   again), or the next time of the cron. Missed runs, however many, are made up for by a single poll.
 * - After failures the back-off takes the place of the schedule, counted from the *end* of the last poll, so that a
 *   server that times out gets a rest as well. It applies in both directions: an interval of 100 ms is stretched, and a
 *   nightly poll that failed is retried within seconds instead of the next night. Refused credentials get the longest
 *   wait at once: nobody repairs them within seconds, and some systems lock accounts.
 * - A pause that the server asked for takes precedence over everything.
 * - A last poll that lies in the future shows that the wall clock was set back: the source is due at once, instead of
 *   when the clock has caught up.
 *
 * The result for a note does not change over time, so that a waiting loop can ask again whenever it likes.
 *
 * @param note of the last poll; null if there was none
 * @param chance a number in [0, 1) drawn once for each poll: up to a tenth of a back-off is added by it
 * @param now wall time in Unix milliseconds
 * @returns wall time in Unix milliseconds
 */
export function nextRun(
  source: Timing,
  note: Pick<PollNote, 'polled' | 'failures' | 'failed' | 'notBefore' | 'refused' | 'learned'> | null,
  chance: number,
  now: number,
): number {
  if (note === null) return now;
  const { polled, failures, failed = polled, notBefore, refused = false } = note;
  const { due, tolerance } =
    failures > 0
      ? afterFailure(refused ? source.backoff.max : waitAfter(source.backoff, failures), failed, chance)
      : afterSuccess(source, polled, note.learned);
  const setBack = failed - now > tolerance;
  const pause = notBefore - now > LONGEST_PAUSE ? 0 : notBefore;
  return Math.max(setBack ? now : due, pause);
}

/** `tolerance`: how far ahead of the clock the last poll may seem to lie before it is doubted. */
interface Due {
  readonly due: number;
  readonly tolerance: number;
}

function waitAfter({ first, factor, max }: SourceConfig['backoff'], failures: number): number {
  return Math.min(max, first * factor ** (failures - 1));
}

function afterFailure(wait: number, failed: number, chance: number): Due {
  const tolerance = jittered(wait, () => chance);
  return { due: failed + tolerance, tolerance };
}

function afterSuccess({ schedule, weight, budget }: Timing, polled: number, learned?: Learned): Due {
  if ('every' in schedule) return { due: polled + schedule.every, tolerance: schedule.every };
  if (isLearned(schedule)) {
    const rest = restOf({ schedule, weight, budget }, learned);
    return { due: polled + rest, tolerance: schedule.max };
  }
  const due = cronOf(schedule).nextRun(new Date(polled))?.getTime() ?? Number.POSITIVE_INFINITY;
  return { due, tolerance: CRON_TOLERANCE };
}

/** The times of a cron schedule. */
export function cronOf(schedule: Extract<Schedule, { readonly cron: string }>): Cron {
  let pattern = patterns.get(schedule);
  if (!pattern) {
    const { cron, timezone } = schedule;
    pattern = new Cron(cron, { mode: '5-or-6-parts', ...(timezone === undefined ? {} : { timezone }) });
    patterns.set(schedule, pattern);
  }
  return pattern;
}
