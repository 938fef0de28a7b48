import type { SourceConfig } from '../config/document.ts';
import { cronOf } from './next.ts';

/** So many polls that were due did not succeed. */
const MISSED = 10;

/** A short interval is no reason to call a source stale while a single slow answer is under way. */
const LEAST = 10_000;

/**
 * When a source becomes stale, Unix milliseconds: `stale_after` its last success, by default the tenth time that it was
 * due since. Infinity for a cron that does not come so often any more.
 *
 * @param since when the last successful poll began
 */
export function staleAt(
  { schedule, stale_after: after }: Pick<SourceConfig, 'schedule' | 'stale_after'>,
  since: number,
): number {
  if (after !== undefined) return since + after;
  if ('max' in schedule) return since + Math.max(LEAST, MISSED * schedule.max);
  if ('every' in schedule) return since + Math.max(LEAST, MISSED * schedule.every);
  const tenth = cronOf(schedule).nextRuns(MISSED, new Date(since))[MISSED - 1];
  return tenth ? Math.max(since + LEAST, tenth.getTime()) : Number.POSITIVE_INFINITY;
}
