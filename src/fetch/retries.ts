import pRetry from 'p-retry';
import type { Clock } from '../lib/clock.ts';
import { jittered, type Random } from '../lib/random.ts';

/** Milliseconds before the second and the third attempt; jitter is added. Longer outages are left to the next poll. */
const WAITS = [250, 1000];

const AGAIN = new Error('a transient failure');

/** The result of one attempt, and whether another one within the same poll may help. */
export interface Try<T> {
  readonly outcome: T;
  readonly transient: boolean;
}

export interface Retrying {
  readonly clock: Clock;
  readonly random: Random;
  /** Ends a wait early; the next try is expected to notice. */
  readonly signal: AbortSignal;
  /** Milliseconds left: an attempt that could only start later is not made, and the last failure is the result. */
  readonly left: () => number;
}

/** Makes up to two more attempts as long as they fail in a transient way; gives the last outcome. */
export async function withRetries<T>(
  first: Try<T>,
  attempt: () => Promise<Try<T>>,
  { clock, random, signal, left }: Retrying,
): Promise<T> {
  let last = first;
  const pause = async (step: number): Promise<boolean> => {
    const wait = jittered(WAITS[step] ?? 0, random);
    if (wait >= left()) return false;
    await clock.sleep(wait, signal);
    return true;
  };
  if (!(await pause(0))) return last.outcome;
  const again = async (): Promise<void> => {
    last = await attempt();
    if (last.transient) throw AGAIN;
  };
  await pRetry(again, {
    retries: WAITS.length - 1,
    // p-retry decides; the wait is done on our clock.
    minTimeout: 0,
    shouldRetry: ({ error, attemptNumber }) => error === AGAIN && pause(attemptNumber),
  }).catch((error: unknown) => {
    if (error !== AGAIN) throw error;
  });
  return last.outcome;
}
