/** Milliseconds between two starts: 10 a second. */
const STEP = 100;

/** All overdue sources are polled within this time, however many they are. */
const CATCH_UP = 60_000;

/**
 * When each source is first polled after a start or a reload. Sources without state start 10 a second, the first at
 * once; so do overdue ones, the longest overdue first, and faster if they would take more than a minute; all others
 * when they are due.
 *
 * @param dues when each source is due, Unix milliseconds; null for a source without state
 * @param now Unix milliseconds
 * @returns Unix milliseconds, in the order of `dues`
 */
export function spread(dues: readonly (number | null)[], now: number): number[] {
  const overdue = dues.filter((due) => due !== null && due <= now).length;
  const step = Math.min(STEP, CATCH_UP / overdue);
  const starts = dues.map((due) => due ?? now);
  let fresh = 0;
  let late = 0;
  for (const [index, due] of [...dues.entries()].sort(([, a], [, b]) => (a ?? 0) - (b ?? 0))) {
    if (due === null) starts[index] = now + STEP * fresh++;
    else if (due <= now) starts[index] = Math.round(now + step * late++);
  }
  return starts;
}
