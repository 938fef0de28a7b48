import { priorRate } from '../../lib/optimal-intervals.ts';
import type { Learned } from '../../model.ts';

/** Milliseconds after which an observation counts half. */
const HALF_LIFE = 7 * 86_400_000;

/** A trusted poll that follows another trusted one. */
export interface Evidence {
  /** Records that changed. */
  readonly changes: number;
  /** Milliseconds since the one before began. */
  readonly elapsed: number;
  /** Requests that it took. */
  readonly cost: number;
}

/** What is known after the first poll, which shows no changes. */
export function beginning(cost: number): Learned {
  return { changes: 0, exposure: 0, cost };
}

/**
 * What is known after one more poll: counts of a Gamma posterior (a Poisson rate, its conjugate prior) that fade with
 * the half-life. Changes and time fade alike, as if the changes had been spread evenly over the time since the last
 * poll.
 */
export function learn({ changes, exposure }: Learned, evidence: Evidence): Learned {
  const elapsed = Math.max(0, evidence.elapsed);
  const kept = 2 ** (-elapsed / HALF_LIFE);
  const faded = ((1 - kept) * HALF_LIFE) / Math.LN2;
  const part = elapsed === 0 ? 1 : faded / elapsed;
  return {
    changes: changes * kept + evidence.changes * part,
    exposure: exposure * kept + faded,
    cost: evidence.cost,
  };
}

/** Changes per millisecond: the mean of the posterior. The prior weighs as much as one change. */
export function rateOf(
  learned: Learned | undefined,
  span: { readonly min: number; readonly max: number },
): number {
  const { changes = 0, exposure = 0 } = learned ?? {};
  return (1 + changes) / (1 / priorRate(span) + exposure);
}
