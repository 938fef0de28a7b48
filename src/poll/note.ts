import type { SourceConfig } from '../config/document.ts';
import type { Detected } from '../detect/contract.ts';
import { isSuspect } from '../errors.ts';
import type { Learned, PollNote, SourceState } from '../model.ts';
import { isLearned } from '../schedule/learned/learned.ts';
import { beginning, learn } from '../schedule/learned/rate.ts';
import type { Poll, Seen } from './outcome.ts';

/**
 * What a poll leaves behind for the one after it.
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
  // What was shown before stays shown.
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

/** Only a poll that can be trusted, after another one, says how often the source changes. */
function lessonOf({ detected, pages }: Seen, began: number, last: PollNote | null): Learned {
  const cost = Math.max(1, pages);
  if (!last?.learned || last.succeeded === null || detected.basis !== 'stored')
    return { ...(last?.learned ?? beginning(cost)), cost };
  return learn(last.learned, { changes: detected.changes.length, elapsed: began - last.succeeded, cost });
}

/** What the next poll has to know besides the snapshot; what is empty is left out. */
export function leftBy({ absent, unconfirmed, ending }: Detected) {
  return {
    absent,
    ...(Object.keys(unconfirmed).length > 0 && { unconfirmed }),
    ...(ending && { ending }),
  };
}

/** When the last poll began that showed what is stored: changes happened after it. */
export function lastShown(state: SourceState | null, note: PollNote | null): number | null {
  return Math.max(state?.shown ?? 0, note?.succeeded ?? 0, note?.shown ?? 0) || null;
}
