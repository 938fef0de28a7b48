import type { Attempt } from '../model.ts';

/** The attempt that is recorded for a claim which was never settled. */
export function unknownAttempt(claimed: number): Attempt {
  const error = 'the process ended before the outcome was recorded';
  return { at: claimed, outcome: 'unknown', status: null, duration: 0, error, answer: null };
}

/**
 * Attempts of a delivery that are kept besides the first: a receiver can make it fail for ever, with 2 kB each time.
 */
export const NEWEST_ATTEMPTS = 20;

/** The attempts to keep, of all attempts, or of the kept ones and one more. */
export function keptAttempts<T>(attempts: readonly T[]): readonly T[] {
  if (attempts.length <= 1 + NEWEST_ATTEMPTS) return attempts;
  return [...attempts.slice(0, 1), ...attempts.slice(-NEWEST_ATTEMPTS)];
}
