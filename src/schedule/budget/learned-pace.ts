import { Spacing } from './spacing.ts';

/** Milliseconds and requests over which the refused pace is measured. */
const LOOK_BACK = 60_000;
const MOST = 64;

/** Bounds of the gap, in milliseconds: a longer one would stop a source rather than slow it down. */
const LONGEST_GAP = 60_000;
const SHORTEST_GAP = 100;

/** The gap shrinks by this factor after each such time without a refusal: about one refusal an hour results. */
const EASE_AFTER = 15 * 60_000;
const EASE = 1.25;

/**
 * A pace for servers that refuse requests without stating a limit: half of the pace that was refused, then slowly
 * faster again.
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

  /** A request was refused: slows down to half of the recent pace. */
  refused(now: number): void {
    const recent = this.#recent.filter((time) => time > now - LOOK_BACK);
    const [first] = recent;
    // A single request cannot be too many: other clients must have used up the limit.
    if (first === undefined || recent.length < 2) return;
    const pace = Math.max((now - first) / recent.length, this.#spacing?.gap ?? 0);
    const gap = Math.min(LONGEST_GAP, Math.max(SHORTEST_GAP, 2 * pace));
    if (this.#spacing) this.#spacing.gap = gap;
    else this.#spacing = new Spacing(gap, 1);
    this.#eased = now;
    // Requests before this refusal say nothing about the new pace.
    this.#recent = [];
  }

  /** Milliseconds between two requests; null if nothing was learned. */
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
