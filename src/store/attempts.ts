import type { Attempt } from '../model.ts';

/** What is recorded of a claim that nobody settled. */
export function unknownAttempt(claimed: number): Attempt {
  const error = 'the process ended before the outcome was recorded';
  return { at: claimed, outcome: 'unknown', status: null, duration: 0, error, answer: null };
}

/** Attempts that are kept of a delivery besides its first: a receiver can let it fail for ever, with 2 kB each time. */
export const NEWEST_ATTEMPTS = 20;

/** Those that are kept of all attempts, or of all that were kept and one more. */
export function keptAttempts<T>(attempts: readonly T[]): readonly T[] {
  if (attempts.length <= 1 + NEWEST_ATTEMPTS) return attempts;
  return [...attempts.slice(0, 1), ...attempts.slice(-NEWEST_ATTEMPTS)];
}
