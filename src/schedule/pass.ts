import type { Answered } from '../model.ts';
import type { Budget, Turn } from './budget.ts';
import type { Wish } from './queue.ts';

/** The right to send one request. */
export interface Permit {
  /** To be called once, with the result of the request. */
  leave(answered: Answered): void;
}

/** A permit, which counts in its budget and at its host until the request has ended. */
export class Pass implements Permit {
  readonly budget: Budget;
  readonly turn: Turn;
  readonly #onLeave: (pass: Pass, answered: Answered) => void;
  #wish: Wish;
  /** Number of the request at its host. */
  #request: number;

  constructor(budget: Budget, wish: Wish, now: number, onLeave: (pass: Pass, answered: Answered) => void) {
    this.budget = budget;
    this.turn = budget.sent(now);
    this.#onLeave = onLeave;
    this.#wish = wish;
    this.#request = wish.host.sent();
  }

  get wish(): Wish {
    return this.#wish;
  }

  /** Uses the permit for another request of the same budget. */
  handOver(wish: Wish, now: number): void {
    this.tellHost({ kind: 'unknown' }, now, 0);
    this.#wish = wish;
    this.#request = wish.host.sent();
  }

  tellHost(answered: Answered, now: number, chance: number): void {
    this.#wish.host.ended(this.#request, this.#wish.source, answered, now, chance);
  }

  leave(answered: Answered): void {
    this.#onLeave(this, answered);
  }
}

/** The permit of a poll that has not sent its first request yet; null once it is used or was handed over. */
export interface Kept {
  pass: Pass | null;
}
