/** A goal of the design: at most, or at least, so much. */
export type Goal = { readonly most: number } | { readonly least: number };

/** One measured figure: the median of several runs, with the spread of the runs. */
export interface Figure {
  /** What tells it from the other figures of its case, like `p99`; empty if it is the only one. */
  readonly what: string;
  readonly unit: '×' | 'ms' | 's' | '%' | 'MB' | '';
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly goal: Goal | null;
  /** The absolute quantities behind it, for a person. */
  readonly detail: string;
}

/** One line of the goals, measured in several cases. */
export interface Row {
  readonly name: string;
  readonly what: string;
  readonly against: string;
  /** How it is measured: a paragraph of the page. */
  readonly method: string;
  /** Each is measured in a process of its own, so that none inherits the heap or the optimised code of another. */
  readonly cases: { readonly [name: string]: () => Promise<readonly Figure[]> };
}

/** A row that was measured. */
export interface Measured {
  readonly row: Row;
  readonly figures: readonly { readonly case: string; readonly figure: Figure }[];
}

/** Whether the goal was reached; null if there is none. */
export function isMet({ value, goal }: Figure): boolean | null {
  if (goal === null) return null;
  return 'most' in goal ? value <= goal.most : value >= goal.least;
}
