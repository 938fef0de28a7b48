import type { Moved } from './join.ts';

/** Keys of the records of each page, in their order. */
export type Layout = readonly (readonly string[])[];

/** The layout that the last reading of a list showed, and how many readings in a row have shown it. */
export interface Stability {
  readonly layout: Layout;
  readonly readings: number;
}

/** Readings of a list in one poll, at most: each costs all pages once more. */
export const MOST_READINGS = 3;

/** Adds a reading. Records that were added to the last page do not matter. */
export function stabilityAfter(before: Stability | null, layout: Layout): Stability {
  return { layout, readings: before && isUnchanged(before.layout, layout) ? before.readings + 1 : 1 };
}

function isUnchanged(before: Layout, now: Layout): boolean {
  if (before === now) return true;
  return before.every((keys, page) => new Set(keys).isSubsetOf(new Set(now[page])));
}

/** What a reading has to be good for. */
export interface Reliance {
  /** Whether conclusions are drawn from what is missing: a deletion, a baseline, an advancing cursor. */
  readonly relied: boolean;
  /** Whether the pages contradict each other as they do when a list moves while they are read. */
  readonly moved: Moved | null;
}

/**
 * Whether a record that a reading does not show is really missing. One answer is one moment, but pages are read one
 * after another, and a record that moves to a page that was read already is shown nowhere. Two readings in a row prove
 * that nothing moved: if each page still shows what it showed, all pages were so at the moment between the two (a double
 * collect, as for atomic snapshots: Afek and others, Journal of the ACM 40, 1993). That does not hold if records moved
 * to and fro in step with the readings; where pages look as if they moved, a third reading makes it unlikely.
 */
export function isStable({ layout, readings }: Stability, { relied, moved }: Reliance): boolean {
  if (layout.length < 2) return true;
  return !moved?.certain && readings >= (moved ? 3 : relied ? 2 : 1);
}
