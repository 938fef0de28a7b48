import type { Clock } from '../lib/clock.ts';
import type { Random } from '../lib/random.ts';
import type { Answered } from '../model.ts';
import { Alarm } from './alarm.ts';
import type { Budget, Turn } from './budget.ts';
import type { Host } from './host.ts';
import type { Ledger } from './ledger.ts';
import { Queue, type Rank, type Waiter, type Wish } from './queue.ts';

/** The right to send one request. */
export interface Permit {
  /** To be called once, with what came of it. */
  leave(answered: Answered): void;
}

/** How a budget stands. */
export interface Standing {
  /** Its name; for one without, host and port of the origin. */
  readonly budget: string;
  /** Requests that may be sent until the tightest limit is reached; null if none is known. */
  readonly left: number | null;
  /** Milliseconds for which nothing is sent, as the server refused. */
  readonly paused: number;
  /** Milliseconds between two requests, learned from refusals; null if nothing was. */
  readonly pace: number | null;
  /** Requests that wait. */
  readonly waiting: number;
}

export interface LaneDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly rank: Rank | null;
  /** Told after each answer, once budget and host know of it and before the next request is let in. */
  readonly onAnswer: (host: Host, wasFailing: boolean) => void;
}

/** The way through one budget: requests enter as soon as budget and host allow it. */
export class Lane {
  readonly #label: string;
  readonly #deps: LaneDeps;
  readonly #queue: Queue<Permit>;
  readonly #alarm: Alarm;
  #budget: Budget;
  #ledger: Ledger | null;

  /**
   * @param label what the budget is called
   * @param ledger keeps it over restarts
   */
  constructor(label: string, budget: Budget, ledger: Ledger | null, deps: LaneDeps) {
    this.#label = label;
    this.#budget = budget;
    this.#ledger = ledger;
    this.#deps = deps;
    this.#queue = new Queue(deps.rank);
    this.#alarm = new Alarm(deps.clock, () => this.pump());
  }

  get budget(): Budget {
    return this.#budget;
  }

  /** Goes on with other rules. */
  reconfigure(budget: Budget, ledger: Ledger | null): void {
    this.#budget = budget;
    this.#ledger = ledger;
    this.pump();
  }

  standing(): Standing {
    const now = this.#deps.clock.monotonic();
    const { budget } = this;
    const [left, paused, pace] = [budget.left(now), budget.paused(now), budget.pace(now)];
    return { budget: this.#label, left, paused, pace, waiting: this.#queue.size };
  }

  /** Whether there is nothing to say about it. */
  isBlank(): boolean {
    return this.budget.isBlank(this.#deps.clock.monotonic());
  }

  /** A promise only if there is a wait; it rejects with the reason of the signal once that aborts. */
  enter(wish: Wish, signal: AbortSignal | null): Permit | Promise<Permit> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const now = this.#deps.clock.monotonic();
    if (this.#queue.size === 0 && this.#next(now) <= now && wish.host.next(now) <= now) {
      return this.#admit(wish, now);
    }
    const { promise, resolve, reject } = Promise.withResolvers<Permit>();
    const turnAway = (reason: unknown) => {
      this.#queue.delete(waiter);
      signal?.removeEventListener('abort', giveUp);
      reject(reason);
    };
    const waiter: Waiter<Permit> = {
      ...wish,
      since: now,
      turnAway,
      admit: (permit) => {
        this.#queue.delete(waiter);
        signal?.removeEventListener('abort', giveUp);
        resolve(permit);
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
        this.#alarm.set(next > now ? next : this.#queue.nextHost(now));
        return;
      }
      waiter.admit(this.#admit(waiter, now));
    }
    this.#alarm.set(Number.POSITIVE_INFINITY);
  }

  /** Keeps how it stands: a pause of hours is not forgotten by a kill. */
  note(): void {
    void this.#ledger?.note(this.budget);
  }

  async close(): Promise<void> {
    for (const waiter of this.#queue.all()) waiter.turnAway(new Error('the gate is closed'));
    this.#alarm.set(Number.POSITIVE_INFINITY);
    await this.#ledger?.close(this.budget);
  }

  #next(now: number): number {
    const next = this.budget.next(now);
    if (next > now || !this.#ledger || this.#ledger.allows(this.budget, () => this.pump())) return next;
    return Number.POSITIVE_INFINITY;
  }

  #admit({ source, host }: Wish, now: number): Permit {
    const { budget } = this;
    const turn = budget.sent(now);
    this.#ledger?.spend();
    const request = host.sent();
    return { leave: (answered) => this.#leave(budget, turn, host, request, source, answered) };
  }

  #leave(budget: Budget, turn: Turn, host: Host, request: number, source: string, answered: Answered): void {
    const { clock, random, onAnswer } = this.#deps;
    const now = clock.monotonic();
    const wasFailing = host.failing;
    budget.ended(turn, answered, now, random());
    host.ended(request, source, answered, now, random());
    onAnswer(host, wasFailing);
    this.pump();
  }
}
