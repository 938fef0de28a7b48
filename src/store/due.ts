/** What decides the order of deliveries in a claim. */
export interface Due {
  readonly created: number;
  /** 0 if it was never attempted: then it is due at once, whatever the clock says. */
  readonly nextAttempt: number;
  readonly requeued: boolean;
}

/** Since when it is due, Unix milliseconds. */
export function dueSince({ created, nextAttempt }: Pick<Due, 'created' | 'nextAttempt'>): number {
  return nextAttempt === 0 ? created : nextAttempt;
}

/**
 * Puts deliveries into the order of a claim. Those that were never attempted stay in the order of commits, which a
 * clock that is set back does not affect, and are merged with retries by when each became due; requeued ones follow.
 *
 * @param byCommit compares by the order of commits
 */
export function inTurn<T extends Due>(deliveries: readonly T[], byCommit: (a: T, b: T) => number): T[] {
  const sorted = deliveries.toSorted((a, b) => a.nextAttempt - b.nextAttempt || byCommit(a, b));
  const ordinary = sorted.filter(({ requeued }) => !requeued);
  const fresh = ordinary.filter(({ nextAttempt }) => nextAttempt === 0);
  const retries = ordinary.slice(fresh.length);
  const merged: T[] = [];
  for (const retry of retries) {
    while (fresh[0] && isBefore(fresh[0], retry, byCommit)) merged.push(fresh.shift() as T);
    merged.push(retry);
  }
  return [...merged, ...fresh, ...sorted.filter(({ requeued }) => requeued)];
}

/** Whether the first delivery that was never attempted comes before the first retry. */
export function isBefore<T extends Due>(fresh: T, retry: T, byCommit: (a: T, b: T) => number): boolean {
  return (dueSince(fresh) - dueSince(retry) || byCommit(fresh, retry)) < 0;
}
