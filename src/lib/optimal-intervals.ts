/**
 * How sources share a budget. What a late webhook costs is the wait. Polling every T, a change waits T/2 on average,
 * so that Σ weight·rate·T/2 is to be least under Σ cost/T ≤ budget: T ∝ √(cost / (weight·rate)), each between its
 * least and its greatest. Equal intervals and intervals proportional to the rate are both worse.
 */

/** A source that shares a budget. Times are milliseconds. */
export interface Share {
  readonly min: number;
  readonly max: number;
  /** Importance. */
  readonly weight: number;
  /** Changes per millisecond. */
  readonly rate: number;
  /** Requests of one poll. */
  readonly cost: number;
}

/**
 * The assumed changes per millisecond of a source of which nothing is known: one per geometric mean of its two
 * intervals.
 */
export function priorRate({ min, max }: Pick<Share, 'min' | 'max'>): number {
  return 1 / Math.sqrt(min * max);
}

/** Steps of the bisection: doubles have 52 bits, so that more would change nothing. */
const HALVINGS = 60;

/**
 * The best intervals, in milliseconds and in the order of the shares. If even the longest intervals need more
 * requests than allowed, those are given.
 *
 * @param requests per millisecond that all of them may send together; Infinity if nothing limits them
 */
export function intervalsOf(shares: readonly Share[], requests: number): number[] {
  const best = shares.map(({ cost, weight, rate }) => Math.sqrt(cost / (weight * rate)));
  const at = (factor: number) =>
    shares.map(({ min, max }, index) => clamp(factor * (best[index] ?? 1), min, max));
  const needs = (factor: number) =>
    at(factor).reduce((sum, interval, index) => sum + (shares[index]?.cost ?? 0) / interval, 0);
  // The factors at which all intervals are at their minimum and maximum. The search bisects their logarithms.
  let low = Math.log(Math.min(...shares.map(({ min }, index) => min / (best[index] ?? 1))));
  let high = Math.log(Math.max(...shares.map(({ max }, index) => max / (best[index] ?? 1))));
  if (needs(Math.exp(low)) <= requests) return at(Math.exp(low));
  for (let step = 0; step < HALVINGS; step += 1) {
    const middle = (low + high) / 2;
    if (needs(Math.exp(middle)) <= requests) high = middle;
    else low = middle;
  }
  return at(Math.exp(high));
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}
