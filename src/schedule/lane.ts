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

/** Shorter waits need no explanation, in milliseconds: of a budget one expects them. */
const LONG = { budget: 60_000, server: 10_000 };

/** The way through one budget: requests enter as soon as budget and host allow it. */
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

  /** Whether there is nothing to say about it, and nobody in it. */
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

  /** Lets in whoever may enter now, and sets the alarm for the next. */
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

  /** Keeps how it stands: a pause of hours is not forgotten by a kill. */
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

  /** Keeps a right for a poll that does not use it yet. */
  keep(pass: Pass): Kept {
    const kept = { pass };
    this.#kept.add(kept);
    return kept;
  }

  /** Gives the right that was kept, for this request; null if there is none any more. */
  use(kept: Kept, wish: Wish | null): Pass | null {
    this.#kept.delete(kept);
    const { pass } = kept;
    kept.pass = null;
    if (pass && wish && wish.host !== pass.wish.host) pass.handOver(wish, this.#deps.clock.monotonic());
    return pass;
  }

  /**
   * The right of a poll that only waits, perhaps for the very login that this request is a part of. It queues for another
   * one when it is ready.
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
