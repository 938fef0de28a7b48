import { isSuspect } from '../errors.ts';
import type { PollNote, SourceState } from '../model.ts';
import type { Poll } from './outcome.ts';

/** What a poll leaves behind for the one after it. */
export function noteOf(poll: Poll, began: number, last: PollNote | null): PollNote {
  const notBefore = poll.notBefore ?? 0;
  const before = { polled: began, succeeded: last?.succeeded ?? null, notBefore };
  if (poll.kind === 'failed' && !isSuspect(poll.failure))
    return {
      ...before,
      failures: (last?.failures ?? 0) + 1,
      error: poll.failure.message,
      ...(poll.failure.code === 'FETCH_CREDENTIALS' && { refused: true }),
    };
  const doubt = poll.kind === 'failed' ? poll.failure.message : (poll.detected.doubt?.reason ?? null);
  if (doubt !== null) return { ...before, failures: 0, error: doubt };
  return { ...before, succeeded: began, failures: 0, error: null };
}

/** When the last poll began that showed what is stored: changes happened after it. */
export function lastShown(state: SourceState | null, note: PollNote | null): number | null {
  return Math.max(state?.shown ?? 0, note?.succeeded ?? 0) || null;
}
