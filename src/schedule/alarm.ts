import type { Clock } from '../lib/clock.ts';

/** The longest timer: the machine may be suspended meanwhile. */
const LONGEST_WAIT = 30_000;

/** Milliseconds: a shorter timer would fire at once, over and over. */
const SHORTEST_WAIT = 1;

/** A timer for one time on the monotonic clock. It may ring early, never twice. */
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
