/** Candidates that are compared at most: a file full of wrong names must not take minutes. */
const MOST_CANDIDATES = 500;

/** The candidate that a misspelt word probably means; undefined if none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  // A third of the letters: `evry` is `every`, but `csv` is not `cron`, and `a` is not `b`.
  let limit = Math.floor(Math.min(word.length, 64) / 3);
  let best: string | undefined;
  for (const candidate of candidates.slice(0, MOST_CANDIDATES)) {
    const distance = editDistance(normal(word), normal(candidate), limit);
    if (distance > limit) continue;
    best = candidate;
    limit = distance - 1;
  }
  return best;
}

/** Normalises spellings: `maxBody` and `Max-Body` become `max_body`. */
function normal(word: string): string {
  return word.toLowerCase().replaceAll(/[-_]/g, '');
}

/**
 * Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment); above `limit` is not
 * exact.
 */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, (before[j - 2] ?? 0) + 1);
      }
      next.push(least);
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
