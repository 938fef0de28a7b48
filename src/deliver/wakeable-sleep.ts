import type { Clock } from '../lib/clock.ts';

/** A sleep that can be ended from outside. No wake-up is lost, also when it comes before the sleep begins. */
export class WakeableSleep {
  readonly #clock: Clock;
  #woken = false;
  #end = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Forgets earlier wake-ups. Called before looking for work, so that what happens meanwhile is not slept over. */
  reset(): void {
    this.#woken = false;
  }

  /** Ends the sleep; if none has begun since the last reset, the next one ends at once. */
  wake(): void {
    this.#woken = true;
    this.#end();
  }

  /** @param ms milliseconds at most; null for no limit */
  async sleep(ms: number | null): Promise<void> {
    if (this.#woken) return;
    if (ms === null) {
      return new Promise((resolve) => {
        this.#end = resolve;
      });
    }
    const over = new AbortController();
    this.#end = () => over.abort();
    await this.#clock.sleep(ms, over.signal);
  }
}
