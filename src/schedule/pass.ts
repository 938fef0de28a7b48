import type { Answered } from '../model.ts';
import type { Budget, Turn } from './budget.ts';
import type { Wish } from './queue.ts';

/** The right to send one request. */
export interface Permit {
  /** To be called once, with what came of it. */
  leave(answered: Answered): void;
}

/** What a request has taken: a turn of its budget, and one of its host. */
export class Pass implements Permit {
  readonly budget: Budget;
  readonly turn: Turn;
  readonly #onLeave: (pass: Pass, answered: Answered) => void;
  #wish: Wish;
  /** Number of the request, to its host. */
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

  /** Another request of the same budget is sent instead. */
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

/** A right that a poll has and does not use yet; null once it is used, or has been taken over. */
export interface Kept {
  pass: Pass | null;
}
