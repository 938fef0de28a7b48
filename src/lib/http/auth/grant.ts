import type { Clock } from '../../clock.ts';
import { type Barred, isBarred } from './access.ts';

/** Something that a server grants for a while. Times are Unix milliseconds, infinite if it did not state them. */
export interface Grant {
  /** When a new one is requested. */
  readonly renew: number;
  /** Until when it may still be used if that fails. */
  readonly expires: number;
}

/** A grant shared by all its users. At most one request for it is under way. */
export class Shared<G extends Grant> {
  readonly #clock: Clock;
  #held: G | null = null;
  #coming: Promise<G | Barred> | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The current grant, or a new one from `obtain`, which must not reject. */
  async get(obtain: () => Promise<G | Barred>): Promise<G | Barred> {
    const held = this.#held;
    if (held && this.#clock.now() < held.renew) return held;
    this.#coming ??= this.#renew(obtain);
    const came = await this.#coming;
    return isBarred(came) && held && held === this.#held && this.#clock.now() < held.expires ? held : came;
  }

  /** Discards a refused grant, unless there is a newer one already. */
  drop(refused: G): void {
    if (this.#held === refused) this.#held = null;
  }

  async #renew(obtain: () => Promise<G | Barred>): Promise<G | Barred> {
    try {
      const came = await obtain();
      if (!isBarred(came)) this.#held = came;
      return came;
    } finally {
      this.#coming = null;
    }
  }
}
