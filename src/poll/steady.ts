import type { Moved } from './join.ts';

/** Keys of the records of each page, in their order. */
export type Layout = readonly (readonly string[])[];

/** What the last reading of a list showed, and how many readings in a row found every page as it is. */
export interface Standing {
  readonly layout: Layout;
  readonly readings: number;
}

/**
 * How often a list is read in one poll before what it shows is taken for what it is worth. Each reading costs all pages
 * once more.
 */
export const MOST_READINGS = 3;

/** Adds a reading. Records that were added to the last page do not matter. */
export function standingAfter(before: Standing | null, layout: Layout): Standing {
  return { layout, readings: before && stands(before.layout, layout) ? before.readings + 1 : 1 };
}

function stands(before: Layout, now: Layout): boolean {
  if (before === now) return true;
  return before.every((keys, page) => new Set(keys).isSubsetOf(new Set(now[page])));
}

/** What follows from a reading. */
export interface Reliance {
  /** Whether anything follows from what is not shown: a deletion, a baseline, a cursor that moves on. */
  readonly relied: boolean;
  /** Whether the pages contradict each other as they do when a list moves while they are read. */
  readonly moved: Moved | null;
}

/**
 * Whether a reading of a list can be believed in what it does not show. One answer is one moment, but pages are read one
 * after another, and a record that moves to a page that was read already is shown nowhere. Two readings in a row prove
 * that nothing moved: if each page still shows what it showed, all pages were so at the moment between the two (a double
 * collect, as for atomic snapshots: Afek and others, Journal of the ACM 40, 1993). That does not hold if records moved
 * to and fro in step with the readings; where pages look as if they moved, a third reading makes it unlikely.
 */
export function isSettled({ layout, readings }: Standing, { relied, moved }: Reliance): boolean {
  if (layout.length < 2) return true;
  return !moved?.certain && readings >= (moved ? 3 : relied ? 2 : 1);
}
