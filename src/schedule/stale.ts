import type { SourceConfig } from '../config/document.ts';
import { cronOf } from './next.ts';

/** Due polls that did not succeed, after which a source is stale. */
const MISSED = 10;

/** Milliseconds at least, so that with a short interval a single slow answer does not make a source stale. */
const LEAST = 10_000;

/**
 * When a source becomes stale, Unix milliseconds: `stale_after` after its last success, by default when its tenth
 * poll since then is due. Infinity for a cron expression with fewer runs left.
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
