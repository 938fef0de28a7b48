import type { Sample } from './turmoil.ts';

/** What is held, its unit, and what it may grow by in the second half of the time: what comes and goes, and no more. */
const BOUNDS = [
  ['heap', 'MB', (sample: Sample) => sample.heap / 1e6, 2],
  ['external', 'MB', (sample: Sample) => sample.external / 1e6, 3],
  ['rss', 'MB', (sample: Sample) => sample.rss / 1e6, 25],
  ['files', '', (sample: Sample) => sample.files ?? 0, 5],
  ['resources', '', (sample: Sample) => sample.resources, 5],
] as const;

export interface Verdict {
  readonly what: string;
  readonly early: number;
  readonly late: number;
  readonly unit: string;
  readonly grew: boolean;
}

/**
 * Compares the middle value of the second quarter with that of the last one. The first quarter is left out: code is compiled
 * and caches fill up then.
 */
export function judge(samples: readonly Sample[]): readonly Verdict[] {
  if (samples.length < 20)
    throw new RangeError(`${samples.length} samples show nothing: at least 20 are needed`);
  return BOUNDS.map(([what, unit, value, allowed]) => {
    const part = (from: number, to: number) =>
      median(samples.slice(from * samples.length, to * samples.length).map(value));
    const [early, late] = [part(0.25, 0.5), part(0.75, 1)];
    return { what, unit, early, late, grew: late - early > allowed };
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
