/** A request that has been under way for so long has reached the server, whatever becomes of its answer. */
const ARRIVAL = 1000;

/** Sums of fractions of milliseconds: what is so near is there. */
const NEAR = 1e-6;

/**
 * Spreads requests: one every `gap` milliseconds, and after a quiet time up to `burst` at once. It is the leaky bucket
 * that most servers count with, filled when a request is sent and leaking only from when it has arrived, so that a
 * server with the same figures finds no request too early, however unevenly the network carries them.
 * Times as for the sliding window.
 */
export class Spacing {
  gap: number;
  burst: number;
  #level = 0;
  /** When the level was so high. */
  #at = 0;
  /** When those were sent that may not have arrived, oldest first. */
  #underWay: number[] = [];

  constructor(gap: number, burst: number) {
    this.gap = gap;
    this.burst = burst;
  }

  /** When the next request may be sent; an answer may bring that forward. */
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
