import type { SourceConfig } from '../config/document.ts';
import type { Detected } from '../detect/contract.ts';
import { isSuspect } from '../errors.ts';
import type { Learned, PollNote, SourceState } from '../model.ts';
import { isLearned } from '../schedule/learned/learned.ts';
import { beginning, learn } from '../schedule/learned/rate.ts';
import type { Poll, Seen } from './outcome.ts';

/**
 * The note that a poll leaves for the next one.
 *
 * @param ended when it ended, Unix milliseconds, as `began`
 */
export function noteOf(
  { schedule }: Pick<SourceConfig, 'schedule'>,
  poll: Poll,
  { began, ended }: { readonly began: number; readonly ended: number },
  last: PollNote | null,
): PollNote {
  const notBefore = poll.notBefore ?? 0;
  const known = last?.learned && isLearned(schedule) ? { learned: last.learned } : {};
  const before = { polled: began, succeeded: last?.succeeded ?? null, notBefore, ...known };
  // When records were last shown does not change by a failure.
  const failed = { ...before, ...(last?.shown !== undefined && { shown: last.shown }) };
  if (poll.kind === 'failed' && !isSuspect(poll.failure))
    return {
      ...failed,
      failures: (last?.failures ?? 0) + 1,
      failed: ended,
      error: poll.failure.message,
      ...(poll.failure.code === 'FETCH_CREDENTIALS' && { refused: true }),
    };
  if (poll.kind === 'failed') return { ...failed, failures: 0, error: poll.failure.message };
  const { doubt } = poll.detected;
  if (doubt) return { ...before, shown: began, failures: 0, error: doubt.reason };
  const trusted = { ...before, succeeded: began, failures: 0, error: null };
  return isLearned(schedule) ? { ...trusted, learned: lessonOf(poll, began, last) } : trusted;
}

/** What is learned of how often the source changes: only two trusted polls in a row say anything about it. */
function lessonOf({ detected, pages }: Seen, began: number, last: PollNote | null): Learned {
  const cost = Math.max(1, pages);
  if (!last?.learned || last.succeeded === null || detected.basis !== 'stored')
    return { ...(last?.learned ?? beginning(cost)), cost };
  return learn(last.learned, { changes: detected.changes.length, elapsed: began - last.succeeded, cost });
}

/** What is stored besides the snapshot; empty parts are left out. */
export function leftBy({ absent, unconfirmed, ending }: Detected) {
  return {
    absent,
    ...(Object.keys(unconfirmed).length > 0 && { unconfirmed }),
    ...(ending && { ending }),
  };
}

/** When the last poll began that showed the stored records: changes happened after it. */
export function lastShown(state: SourceState | null, note: PollNote | null): number | null {
  return Math.max(state?.shown ?? 0, note?.succeeded ?? 0, note?.shown ?? 0) || null;
}
