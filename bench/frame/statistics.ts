/** The value below which `part` (0 to 1) of the sorted values lie, interpolated between neighbours; NaN for none. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * part;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Median with the tenth and the ninetieth percentile: what a figure says of its runs. */
export function summary(values: readonly number[]): { value: number; low: number; high: number } {
  return { value: median(values), low: quantile(values, 0.1), high: quantile(values, 0.9) };
}
