/** Counts per interval of time, for the newest `most` intervals; empty ones take no memory. Times in milliseconds. */
export class BucketedCounter {
  readonly #span: number;
  readonly #most: number;
  /** Numbers of spans since 1970, ascending, and their counts. */
  #counts: (readonly [span: number, count: number])[] = [];

  constructor(span: number, most: number) {
    this.#span = span;
    this.#most = most;
  }

  add(at: number, count: number): void {
    if (count === 0) return;
    const span = Math.floor(at / this.#span);
    // A clock that was set back counts on in the newest span.
    const [newest = span, before = 0] = this.#counts.at(-1) ?? [];
    if (span <= newest && before > 0) this.#counts[this.#counts.length - 1] = [newest, before + count];
    else this.#counts = [...this.#counts.slice(1 - this.#most), [span, count]];
  }

  /** One count for each span up to now, from the first that counted, but not of longer ago than is kept. */
  until(now: number): number[] {
    const last = Math.floor(now / this.#span);
    const kept = this.#counts.filter(([span]) => span > last - this.#most && span <= last);
    const [[first] = [last]] = kept;
    const counts = new Map(kept);
    if (kept.length === 0) return [];
    return Array.from({ length: last - first + 1 }, (_, at) => counts.get(first + at) ?? 0);
  }
}
