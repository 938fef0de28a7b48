import type { Clock } from '../lib/clock.ts';
import type { Random } from '../lib/random.ts';
import type { Answered } from '../model.ts';
import { Alarm } from './alarm.ts';
import type { Budget } from './budget.ts';
import type { BudgetMemo } from './budget-memo.ts';
import type { Standing } from './gate-report.ts';
import type { Host } from './host.ts';
import { type Kept, Pass } from './pass.ts';
import { Queue, type Rank, type Waiter, type Wish } from './queue.ts';

export interface LaneDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly rank: Rank | null;
  /** Told after each answer, once budget and host know of it and before the next request is let in. */
  readonly onAnswer: (host: Host, wasFailing: boolean) => void;
  /** Told once while somebody waits, if that is long because little is left: of the budget, or as the server says. */
  readonly onScarce: (wait: number, by: 'budget' | 'server') => void;
}

/** Waits above these are reported, in milliseconds; shorter ones are what a budget is for. */
const LONG = { budget: 60_000, server: 10_000 };

/** The queue of one budget: requests enter as soon as budget and host allow it. */
export class Lane {
  readonly #label: string;
  readonly #deps: LaneDeps;
  readonly #queue: Queue<Pass>;
  readonly #kept = new Set<Kept>();
  readonly #alarm: Alarm;
  #budget: Budget;
  #memo: BudgetMemo | null;
  #explained = false;

  /**
   * @param label what the budget is called
   * @param memo keeps it over restarts
   */
  constructor(label: string, budget: Budget, memo: BudgetMemo | null, deps: LaneDeps) {
    this.#label = label;
    this.#budget = budget;
    this.#memo = memo;
    this.#deps = deps;
    this.#queue = new Queue(deps.rank);
    this.#alarm = new Alarm(deps.clock, () => this.pump());
  }

  get budget(): Budget {
    return this.#budget;
  }

  /** Goes on with other rules. */
  reconfigure(budget: Budget, memo: BudgetMemo | null): void {
    this.#budget = budget;
    this.#memo = memo;
    this.pump();
  }

  standing(): Standing {
    const now = this.#deps.clock.monotonic();
    const { budget } = this;
    const [left, paused, pace] = [budget.left(now), budget.paused(now), budget.pace(now)];
    return { budget: this.#label, left, limit: budget.limit(now), paused, pace, waiting: this.#queue.size };
  }

  /** Whether it is empty and its budget holds no information. */
  get isBlank(): boolean {
    return this.#queue.size === 0 && this.budget.isBlank(this.#deps.clock.monotonic());
  }

  /** A promise only if there is a wait; it rejects with the reason of the signal once that aborts. */
  enter(wish: Wish, signal: AbortSignal | null): Pass | Promise<Pass> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const now = this.#deps.clock.monotonic();
    if (this.#queue.size === 0 && this.#next(now) <= now && wish.host.next(now) <= now) {
      return this.#admit(wish, now);
    }
    const lent = wish.begun ? this.#takeOver(wish, now) : null;
    if (lent) return lent;
    const { promise, resolve, reject } = Promise.withResolvers<Pass>();
    const turnAway = (reason: unknown) => {
      this.#queue.delete(waiter);
      signal?.removeEventListener('abort', giveUp);
      reject(reason);
    };
    const waiter: Waiter<Pass> = {
      ...wish,
      since: now,
      turnAway,
      admit: (pass) => {
        this.#queue.delete(waiter);
        signal?.removeEventListener('abort', giveUp);
        resolve(pass);
      },
    };
    const giveUp = () => {
      turnAway(signal?.reason);
      this.pump();
    };
    this.#queue.add(waiter);
    signal?.addEventListener('abort', giveUp, { once: true });
    this.pump();
    return promise;
  }

  /** Admits all requests that may be sent now, and sets the alarm for the next one. */
  pump(): void {
    while (this.#queue.size > 0) {
      const now = this.#deps.clock.monotonic();
      const next = this.#next(now);
      const waiter = next > now ? undefined : this.#queue.first(now);
      if (!waiter) {
        this.#explain(next, now);
        this.#alarm.set(next > now ? next : this.#queue.nextHost(now));
        return;
      }
      waiter.admit(this.#admit(waiter, now));
    }
    this.#explained = false;
    this.#alarm.set(Number.POSITIVE_INFINITY);
  }

  #explain(next: number, now: number): void {
    if (this.#explained || this.budget.isPaused || next === Number.POSITIVE_INFINITY) return;
    const by = this.budget.spread(now) > LONG.server ? 'server' : 'budget';
    if (next - now <= LONG[by]) return;
    this.#explained = true;
    this.#deps.onScarce(next - now, by);
  }

  /** Stores the state of the budget, so that a kill does not forget a pause of hours. */
  note(): void {
    void this.#memo?.note(this.budget);
  }

  async close(): Promise<void> {
    for (const waiter of this.#queue.all()) waiter.turnAway(new Error('the gate is closed'));
    this.#alarm.set(Number.POSITIVE_INFINITY);
    await this.#memo?.close(this.budget);
  }

  #next(now: number): number {
    const next = this.budget.next(now);
    if (next > now || !this.#memo || this.#memo.allows(this.budget, () => this.pump())) return next;
    return Number.POSITIVE_INFINITY;
  }

  /** Reserves a permit for a poll that has not sent its first request yet. */
  keep(pass: Pass): Kept {
    const kept = { pass };
    this.#kept.add(kept);
    return kept;
  }

  /**
   * Takes a reserved permit for this request (null: for none, to give it back). Null if it was used or taken over
   * already.
   */
  use(kept: Kept, wish: Wish | null): Pass | null {
    this.#kept.delete(kept);
    const { pass } = kept;
    kept.pass = null;
    if (pass && wish && wish.host !== pass.wish.host) pass.handOver(wish, this.#deps.clock.monotonic());
    return pass;
  }

  /**
   * Takes the reserved permit of another poll, which may be waiting for the very login that this request is a part
   * of. That poll queues for another permit when it is ready.
   */
  #takeOver(wish: Wish, now: number): Pass | null {
    const [kept] = this.#kept;
    return kept && wish.host.next(now) <= now ? this.use(kept, wish) : null;
  }

  #admit(wish: Wish, now: number): Pass {
    this.#memo?.spend();
    return new Pass(this.budget, wish, now, (pass, answered) => this.#leave(pass, answered));
  }

  #leave(pass: Pass, answered: Answered): void {
    const { clock, random, onAnswer } = this.#deps;
    const now = clock.monotonic();
    const { host } = pass.wish;
    const wasFailing = host.failing;
    pass.budget.ended(pass.turn, answered, now, random());
    pass.tellHost(answered, now, random());
    onAnswer(host, wasFailing);
    this.pump();
  }
}
