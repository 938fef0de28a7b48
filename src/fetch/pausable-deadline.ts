import type { Clock, Deadline } from '../lib/clock.ts';

/** The time that the requests of a poll may take together. The clock stops while one of them waits for its turn. */
export class PausableDeadline implements Disposable {
  /** Aborts when the caller gives up, waits for a turn included; null if it never does. */
  readonly stop: AbortSignal | null;
  readonly #clock: Clock;
  #end: number;
  #deadline: Deadline;

  /** @param time milliseconds */
  constructor(clock: Clock, time: number, stop: AbortSignal | null = null) {
    this.stop = stop;
    this.#clock = clock;
    this.#end = clock.monotonic() + time;
    this.#deadline = clock.deadline(time);
  }

  /** Signals that end a request at once: the time is over, or the caller gave up. New ones after each pause. */
  get signals(): readonly AbortSignal[] {
    const { signal } = this.#deadline;
    return this.stop ? [signal, this.stop] : [signal];
  }

  /** Milliseconds that are left. */
  left(): number {
    return this.#end - this.#clock.monotonic();
  }

  /** Awaits something without using up the time. */
  async pauseDuring<T>(wait: Promise<T>): Promise<T> {
    const began = this.#clock.monotonic();
    this.#deadline[Symbol.dispose]();
    try {
      return await wait;
    } finally {
      this.#end += this.#clock.monotonic() - began;
      this.#deadline = this.#clock.deadline(Math.max(0, this.left()));
    }
  }

  [Symbol.dispose](): void {
    this.#deadline[Symbol.dispose]();
  }
}
