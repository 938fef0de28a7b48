import type { BudgetLimit } from '../config/document.ts';
import type { Clock } from '../lib/clock.ts';
import type { JsonObject } from '../model.ts';
import type { Memos } from '../store/contract.ts';
import type { Budget, Spent } from './budget.ts';

/** Memos per window: after a kill at most this part of the window is lost to requests that were never sent. */
const MEMOS = 50;

/** Milliseconds between two memos of a budget, at least. */
const OFTEN = 1000;

/**
 * Keeps a budget over restarts. Before requests are sent, a durable memo says how many may follow: after a kill these
 * count as sent, so that a restart never exceeds the budget. Times in it are of the monotonic clock, except for `at`.
 */
export class BudgetMemo {
  readonly #memos: Pick<Memos, 'remember'>;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #chunk: number;
  /** Requests that may still be sent under the last memo. */
  #granted: number;
  #writing: Promise<void> = Promise.resolve();
  #renewing = false;
  #touched = false;
  #failed = false;

  constructor(memos: Pick<Memos, 'remember'>, name: string, limits: readonly BudgetLimit[], clock: Clock) {
    this.#memos = memos;
    this.#name = name;
    this.#clock = clock;
    const long = limits.filter(({ window }) => window > OFTEN);
    this.#chunk = Math.min(
      ...long.map(({ count, window }) => Math.ceil(Math.max(count / MEMOS, (count * OFTEN) / window))),
    );
    // Without a window that outlasts a restart there is nothing to store but pauses.
    this.#granted = this.#chunk === Number.POSITIVE_INFINITY ? this.#chunk : 0;
  }

  /** Whether a request may be sent. If not, `renewed` is called as soon as one may. */
  allows(budget: Budget, renewed: () => void): boolean {
    const low = this.#granted <= this.#chunk / 2 && this.#granted < Number.POSITIVE_INFINITY;
    if (low && !this.#renewing && !this.#failed) void this.#renew(budget).then(renewed);
    return this.#granted > 0;
  }

  spend(): void {
    this.#granted -= 1;
    this.#touched = true;
  }

  /** Stores the current state of the budget. */
  note(budget: Budget): Promise<void> {
    return this.#write(budget, 0);
  }

  /** Writes the last memo; no more requests may follow. */
  async close(budget: Budget): Promise<void> {
    await this.#writing;
    this.#granted = 0;
    if (this.#touched) await this.#write(budget, 0);
  }

  async #renew(budget: Budget): Promise<void> {
    this.#renewing = true;
    await this.#write(budget, this.#chunk);
    this.#renewing = false;
  }

  /** @param more requests that may be sent once it is durable */
  #write(budget: Budget, more: number): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      const { ended, pause, underWay } = budget.save(this.#clock.monotonic());
      const promised = this.#granted === Number.POSITIVE_INFINITY ? 0 : this.#granted + more;
      // What is under way may reach the server as late as what is promised.
      const value = { at: this.#clock.now(), ended, pause, granted: promised + underWay };
      try {
        await this.#memos.remember(this.#name, value);
        this.#granted += more;
      } catch {
        // A store that failed stops the process, and reports that itself.
        this.#failed = true;
      }
    });
    return this.#writing;
  }
}

/** Restores a budget from its memo; `now` is on the monotonic clock, `wall` the same moment on the wall clock. */
export function recall(budget: Budget, note: JsonObject | undefined, now: number, wall: number): void {
  const known = note === undefined ? null : read(note);
  // Requests that may have been sent under the memo are taken to have been sent just now, which is the worst case.
  if (known) budget.restore(known.spent, Math.max(0, wall - known.at), now);
  budget.assumeBusy(OFTEN, now);
}

function read({ at, ended, pause, granted }: JsonObject): { at: number; spent: Spent } | null {
  const pairs = Array.isArray(ended) ? ended.filter(isPair) : null;
  if (typeof at !== 'number' || typeof pause !== 'number' || typeof granted !== 'number' || !pairs)
    return null;
  return { at, spent: { ended: pairs, pause, underWay: granted } };
}

function isPair(value: unknown): value is readonly [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every((one) => typeof one === 'number');
}
