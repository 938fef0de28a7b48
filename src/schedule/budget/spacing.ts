/** Milliseconds after which a request is taken to have reached the server, even if it is not answered yet. */
const ARRIVAL = 1000;

/** Tolerance for rounding errors of fractions. */
const NEAR = 1e-6;

/**
 * Spreads requests: one every `gap` milliseconds, and after a quiet time up to `burst` at once. It is the leaky bucket
 * that most servers use, filled when a request is sent and leaking only once it has arrived, so that a server with the
 * same figures refuses none, however unevenly the network transports them.
 * Times as for the sliding window.
 */
export class Spacing {
  gap: number;
  burst: number;
  #level = 0;
  /** The time of `#level`. */
  #at = 0;
  /** When the requests were sent that may not have arrived yet, oldest first. */
  #underWay: number[] = [];

  constructor(gap: number, burst: number) {
    this.gap = gap;
    this.burst = burst;
  }

  /** When the next request may be sent; an answer may make that earlier. */
  next(now: number): number {
    this.#arrive(now);
    const room = this.burst - this.#underWay.length - 1;
    const level = this.#levelAt(now);
    if (level <= room + NEAR) return now;
    if (room >= 0) return now + (level - room) * this.gap;
    return (this.#underWay[0] ?? now) + ARRIVAL;
  }

  sent(now: number): void {
    this.#underWay.push(now);
  }

  /** The request that was sent at that time has been answered, or never will be. */
  ended(sent: number, now: number): void {
    this.#arrive(now);
    const at = this.#underWay.indexOf(sent);
    if (at < 0) return;
    this.#underWay.splice(at, 1);
    this.#fill(now);
  }

  #arrive(now: number): void {
    while ((this.#underWay[0] ?? Number.POSITIVE_INFINITY) + ARRIVAL <= now) {
      this.#fill((this.#underWay.shift() ?? 0) + ARRIVAL);
    }
  }

  #fill(time: number): void {
    this.#level = this.#levelAt(time) + 1;
    this.#at = time;
  }

  #levelAt(time: number): number {
    return this.gap === 0 ? 0 : Math.max(0, this.#level - (time - this.#at) / this.gap);
  }
}
