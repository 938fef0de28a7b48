/** Counts per interval of time, for the newest `most` intervals; empty ones take no memory. Times in milliseconds. */
export class BucketedCounter {
  readonly #span: number;
  readonly #most: number;
  /** Interval numbers since 1970, ascending, with their counts. */
  #counts: (readonly [span: number, count: number])[] = [];

  constructor(span: number, most: number) {
    this.#span = span;
    this.#most = most;
  }

  add(at: number, count: number): void {
    if (count === 0) return;
    const span = Math.floor(at / this.#span);
    // If the clock was set back, the newest interval goes on counting.
    const [newest = span, before = 0] = this.#counts.at(-1) ?? [];
    if (span <= newest && before > 0) this.#counts[this.#counts.length - 1] = [newest, before + count];
    else this.#counts = [...this.#counts.slice(1 - this.#most), [span, count]];
  }

  /** One count per interval up to now, beginning with the oldest kept one. */
  until(now: number): number[] {
    const last = Math.floor(now / this.#span);
    const kept = this.#counts.filter(([span]) => span > last - this.#most && span <= last);
    const [[first] = [last]] = kept;
    const counts = new Map(kept);
    if (kept.length === 0) return [];
    return Array.from({ length: last - first + 1 }, (_, at) => counts.get(first + at) ?? 0);
  }
}
