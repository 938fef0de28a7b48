/** Fraction of the window within which ended requests are merged into one entry, with the time of the last. */
const GRAIN = 1 / 200;

/** Milliseconds: clocks tick in these, and a request that ends on the tick belongs to both windows. */
const TICK = 1;

interface Entry {
  readonly first: number;
  last: number;
  count: number;
}

/** How many milliseconds ago requests ended, oldest first, and how many. */
export type Ended = readonly (readonly [ago: number, count: number])[];

/**
 * Allows at most `count` requests in any window of `length` milliseconds.
 *
 * A request reaches the server at an unknown time after it was sent and before it was answered. It therefore counts
 * from being sent until one window after its answer, so that the server never counts more than `count`. Times are
 * milliseconds of the monotonic clock, which must not decrease from call to call.
 */
export class SlidingWindow {
  readonly count: number;
  readonly length: number;
  #underWay = 0;
  #ended: Entry[] = [];
  #endedCount = 0;

  constructor(count: number, length: number) {
    this.count = count;
    this.length = length;
  }

  /** Requests that were sent and have not ended. */
  get underWay(): number {
    return this.#underWay;
  }

  /** How many requests may be sent now. */
  left(now: number): number {
    this.#forget(now);
    return Math.max(0, this.count - this.#underWay - this.#endedCount);
  }

  /** When the next request may be sent; Infinity when that depends on an answer. */
  next(now: number): number {
    if (this.left(now) > 0) return now;
    let surplus = this.#underWay + this.#endedCount - this.count;
    for (const { last, count } of this.#ended) {
      surplus -= count;
      if (surplus < 0) return last + this.length + TICK;
    }
    return Number.POSITIVE_INFINITY;
  }

  sent(): void {
    this.#underWay += 1;
  }

  /** Counts the end of a request, answered or not. */
  ended(now: number): void {
    this.#underWay -= 1;
    this.#add(now, 1);
  }

  /** Restores requests of the process before. */
  restore(ended: Ended, now: number): void {
    for (const [ago, count] of ended) if (ago < this.length + TICK) this.#add(now - Math.max(0, ago), count);
  }

  /** What {@link restore} needs: all ended requests, with times that are never earlier than the real ones. */
  save(now: number): Ended {
    this.#forget(now);
    return this.#ended.map(({ last, count }) => [Math.floor(now - last), count]);
  }

  #add(time: number, count: number): void {
    if (count <= 0) return;
    this.#endedCount += count;
    const newest = this.#ended.at(-1);
    if (newest && time - newest.first <= this.length * GRAIN) {
      newest.last = Math.max(newest.last, time);
      newest.count += count;
    } else {
      this.#ended.push({ first: time, last: time, count });
    }
  }

  #forget(now: number): void {
    const { length } = this;
    let past = 0;
    for (const { last, count } of this.#ended) {
      if (now < last + length + TICK) break;
      this.#endedCount -= count;
      past += 1;
    }
    if (past > 0) this.#ended.splice(0, past);
  }
}
