import type { BudgetConfig } from '../config/document.ts';
import { type Ended, SlidingWindow } from '../lib/sliding-window.ts';
import type { Answered } from '../model.ts';
import { LearnedPace } from './budget/learned-pace.ts';
import { Pause } from './budget/pause.ts';
import { ServerLimits } from './budget/server-limits.ts';
import { Spacing } from './budget/spacing.ts';

/** A server that limits without saying for how long is asked again after a quarter of an hour at the latest. */
const LONGEST_PAUSE = 15 * 60_000;

/** What sources share that name no budget. */
export const UNLIMITED: BudgetConfig = {
  name: '',
  limits: [],
  concurrency: 4,
  reserve: 0,
  headers: 'auto',
};

/** A request that was sent. */
export interface Turn {
  readonly sent: number;
  readonly request: number;
}

/** What is kept of a budget over a restart, in milliseconds before and after the moment of saving. */
export interface Spent {
  /** Requests within the longest window. */
  readonly ended: Ended;
  /** Requests that may reach the server at any time from then on. */
  readonly underWay: number;
  readonly pause: number;
}

/**
 * When the next request may be sent: as the configuration allows, less if the server says so, and less if it refuses.
 * It only counts; the gate waits. All times are milliseconds of a clock that never jumps.
 */
export class Budget {
  readonly config: BudgetConfig;
  readonly #windows: readonly SlidingWindow[];
  readonly #spacings: readonly Spacing[];
  readonly #serverLimits: ServerLimits;
  readonly #learnedPace = new LearnedPace();
  readonly #pause = new Pause(LONGEST_PAUSE);
  #underWay = 0;

  constructor(config: BudgetConfig) {
    this.config = config;
    this.#windows = config.limits.map(({ count, window }) => new SlidingWindow(count, window));
    this.#spacings = config.limits.map(({ count, window, burst }) => new Spacing(window / count, burst));
    this.#serverLimits = new ServerLimits(config.reserve);
  }

  /** When the next request may be sent, `now` or later; Infinity when that depends on an answer. */
  next(now: number): number {
    if (this.#underWay >= this.config.concurrency) return Number.POSITIVE_INFINITY;
    let next = Math.max(this.#pause.next(now), this.#serverLimits.next(now), this.#learnedPace.next(now));
    for (const limit of this.#windows) next = Math.max(next, limit.next(now));
    for (const spacing of this.#spacings) next = Math.max(next, spacing.next(now));
    return next;
  }

  /** Takes a request out of the budget. */
  sent(now: number): Turn {
    this.#underWay += 1;
    for (const limit of this.#windows) limit.sent();
    for (const spacing of this.#spacings) spacing.sent(now);
    this.#serverLimits.sent(now);
    this.#learnedPace.sent(now);
    return { sent: now, request: this.#pause.sent() };
  }

  /**
   * Tells what came of a request.
   *
   * @param chance in [0, 1): up to a tenth is added to a pause that the server did not ask for
   */
  ended({ sent, request }: Turn, answered: Answered, now: number, chance: number): void {
    this.#underWay -= 1;
    for (const limit of this.#windows) limit.ended(now);
    for (const spacing of this.#spacings) spacing.ended(sent, now);
    this.#serverLimits.ended(sent, now);
    this.#learnedPace.ended(sent, now);
    if (answered.kind !== 'answer') {
      this.#pause.abandon(request);
      return;
    }
    const foretold = this.#serverLimits.knows;
    this.#serverLimits.update(answered.allowances, this.#underWay, now);
    if (!answered.limited) {
      this.#pause.relieve(request);
      return;
    }
    // A limit that the server told of before needs no guess at the pace; it is spread already.
    const fresh = !this.#pause.repeats(request);
    if (fresh && !(foretold && this.#serverLimits.left(now) === 0)) this.#learnedPace.refused(now);
    this.#pause.strike(request, now, answered.retryAfter, chance);
  }

  /** Requests that may be sent until the tightest limit is reached; null if there is none. */
  left(now: number): number | null {
    const all = [this.#serverLimits.left(now), ...this.#windows.map((limit) => limit.left(now))];
    const known = all.filter((one) => one !== null);
    return known.length === 0 ? null : Math.min(...known);
  }

  /** What `left` counts down from; null if it is the server's count, or there is none. */
  limit(now: number): number | null {
    const left = this.left(now);
    return this.#windows.find((limit) => limit.left(now) === left)?.count ?? null;
  }

  /** Whether the server refused, and did not answer since. */
  get isPaused(): boolean {
    return this.#pause.active;
  }

  /** Milliseconds for which nothing is sent because the server refused; 0 if it did not. */
  paused(now: number): number {
    return this.#pause.left(now);
  }

  /** Milliseconds until the next request by what the server says is left alone. */
  spread(now: number): number {
    return this.#serverLimits.next(now) - now;
  }

  /** Milliseconds between two requests that were learned from refusals; null if none were. */
  pace(now: number): number | null {
    return this.#learnedPace.gap(now);
  }

  /** What {@link restore} takes. */
  save(now: number): Spent {
    const ended = this.#windows.at(-1)?.save(now) ?? [];
    return { ended, underWay: this.#underWay, pause: Math.ceil(this.paused(now)) };
  }

  /** Takes up what another budget of the same sources left, `ago` milliseconds after it was saved. */
  restore({ ended, underWay, pause }: Spent, ago: number, now: number): void {
    for (const limit of this.#windows) {
      limit.restore(
        ended.map(([time, count]) => [time + ago, count]),
        now,
      );
      limit.restore([[0, underWay]], now);
    }
    this.#pause.resume(now + pause - ago, now);
  }

  /** Counts windows as spent that are so short that it costs less than to remember them. */
  assumeBusy(length: number, now: number): void {
    for (const limit of this.#windows) if (limit.length <= length) limit.restore([[0, limit.count]], now);
  }

  /** Whether it knows nothing that a new one would not. */
  isBlank(now: number): boolean {
    return this.#underWay === 0 && !this.#pause.active && this.left(now) === null && this.pace(now) === null;
  }
}
