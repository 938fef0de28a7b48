import type { Host } from './host.ts';

/** A request that asks to be sent. */
export interface Wish {
  readonly source: string;
  readonly host: Host;
  /** Whether its poll has begun already: polls under way take precedence. */
  readonly begun: boolean;
}

/** A request that waits. */
export interface Waiter<T> extends Wish {
  /** Since when, on the monotonic clock. */
  readonly since: number;
  admit(pass: T): void;
  turnAway(reason: unknown): void;
}

/**
 * Priority of a poll that waits to begin: the highest comes first.
 *
 * @param waited milliseconds so far
 */
export type Rank = (source: string, waited: number) => number;

/**
 * Requests that wait for one budget: those of polls under way in their order, then polls that wait to begin, by rank.
 */
export class Queue<T> {
  readonly #begun = new Set<Waiter<T>>();
  readonly #fresh = new Set<Waiter<T>>();
  readonly #rank: Rank | null;

  /** @param rank null: the one that has waited longest comes first */
  constructor(rank: Rank | null) {
    this.#rank = rank;
  }

  get size(): number {
    return this.#begun.size + this.#fresh.size;
  }

  add(waiter: Waiter<T>): void {
    (waiter.begun ? this.#begun : this.#fresh).add(waiter);
  }

  delete(waiter: Waiter<T>): void {
    this.#begun.delete(waiter);
    this.#fresh.delete(waiter);
  }

  all(): readonly Waiter<T>[] {
    return [...this.#begun, ...this.#fresh];
  }

  /** The next request; undefined while all their hosts are failing. */
  first(now: number): Waiter<T> | undefined {
    const open = ({ host }: Waiter<T>) => host.next(now) <= now;
    for (const waiter of this.#begun) if (open(waiter)) return waiter;
    let best: Waiter<T> | undefined;
    let highest = Number.NEGATIVE_INFINITY;
    for (const waiter of this.#fresh) {
      if (!open(waiter)) continue;
      if (!this.#rank) return waiter;
      const height = this.#rank(waiter.source, now - waiter.since);
      if (best === undefined || height > highest) [best, highest] = [waiter, height];
    }
    return best;
  }

  /** When the first of their hosts may be tried again. */
  nextHost(now: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { host } of this.all()) next = Math.min(next, host.next(now));
    return next;
  }
}
