import type { Clock } from '../lib/clock.ts';

/** A machine may be suspended while we wait: look again after this time at the latest. */
const LONGEST_WAIT = 30_000;

/** A shorter timer would fire at once, and again, and again. */
const SHORTEST_WAIT = 1;

/** Rings once at a time on the clock that never jumps, or before. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #set: { readonly at: number; readonly stop: AbortController } | null = null;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Sets it for another time; Infinity turns it off. */
  set(at: number): void {
    if (this.#set?.at === at) return;
    this.#set?.stop.abort();
    this.#set = null;
    if (at === Number.POSITIVE_INFINITY) return;
    const set = { at, stop: new AbortController() };
    this.#set = set;
    const wait = Math.min(Math.max(at - this.#clock.monotonic(), SHORTEST_WAIT), LONGEST_WAIT);
    void this.#clock.sleep(wait, set.stop.signal).then(() => {
      if (set.stop.signal.aborted) return;
      this.#set = null;
      this.#ring();
    });
  }
}
