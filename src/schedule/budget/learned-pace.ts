import { Spacing } from './spacing.ts';

/** How far back the pace is looked at that proved too fast, and how many requests of it are kept. */
const LOOK_BACK = 60_000;
const MOST = 64;

/** Slower than this on suspicion alone would stop a source rather than slow it. */
const LONGEST_GAP = 60_000;
const SHORTEST_GAP = 100;

/** After so long without a complaint a little more is tried: about one refusal an hour, if the server never says. */
const EASE_AFTER = 15 * 60_000;
const EASE = 1.25;

/**
 * The pace that a server turned out to bear that refuses requests and says neither how many it takes nor how many are
 * left: half of the pace that it refused, and slowly more again.
 */
export class LearnedPace {
  #recent: number[] = [];
  #spacing: Spacing | null = null;
  #eased = 0;

  next(now: number): number {
    this.#ease(now);
    return this.#spacing ? this.#spacing.next(now) : now;
  }

  sent(now: number): void {
    this.#recent.push(now);
    if (this.#recent.length > MOST) this.#recent.shift();
    this.#spacing?.sent(now);
  }

  ended(sent: number, now: number): void {
    this.#spacing?.ended(sent, now);
  }

  /** A request was refused at the pace of late. */
  refused(now: number): void {
    const recent = this.#recent.filter((time) => time > now - LOOK_BACK);
    const [first] = recent;
    // A single request cannot have been too many: others must have spent what there was.
    if (first === undefined || recent.length < 2) return;
    const pace = Math.max((now - first) / recent.length, this.#spacing?.gap ?? 0);
    const gap = Math.min(LONGEST_GAP, Math.max(SHORTEST_GAP, 2 * pace));
    if (this.#spacing) this.#spacing.gap = gap;
    else this.#spacing = new Spacing(gap, 1);
    this.#eased = now;
    // The pace before this refusal is no evidence against the new one.
    this.#recent = [];
  }

  /** Milliseconds from one request to the next; null if nothing was learned. */
  gap(now: number): number | null {
    this.#ease(now);
    return this.#spacing?.gap ?? null;
  }

  #ease(now: number): void {
    while (this.#spacing && now - this.#eased >= EASE_AFTER) {
      this.#eased += EASE_AFTER;
      this.#spacing.gap /= EASE;
      if (this.#spacing.gap < SHORTEST_GAP) this.#spacing = null;
    }
  }
}
