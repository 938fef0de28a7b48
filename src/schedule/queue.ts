import type { Host } from './host.ts';

/** A request that wants to be sent. */
export interface Wish {
  readonly source: string;
  readonly host: Host;
  /** Whether its poll has sent requests before: what is begun is finished first. */
  readonly begun: boolean;
}

/** A request that waits. */
export interface Waiter<T> extends Wish {
  /** Since when, on the clock that never jumps. */
  readonly since: number;
  admit(pass: T): void;
  turnAway(reason: unknown): void;
}

/**
 * Who comes first among polls that wait to begin: the greatest.
 *
 * @param waited for how many milliseconds
 */
export type Rank = (source: string, waited: number) => number;

/** Those that wait for one budget, in the order in which they came. */
export class Queue<T> {
  readonly #begun = new Set<Waiter<T>>();
  readonly #fresh = new Set<Waiter<T>>();
  readonly #rank: Rank | null;

  /** @param rank null: who has waited longest comes first */
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

  /** Who comes next; undefined while all their hosts are failing. */
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

  /** When the first of their hosts may be asked again. */
  nextHost(now: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { host } of this.all()) next = Math.min(next, host.next(now));
    return next;
  }
}
