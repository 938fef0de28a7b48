import type { BudgetConfig } from '../config/document.ts';
import { type Ended, SlidingWindow } from '../lib/sliding-window.ts';
import type { Answered } from '../model.ts';
import { LearnedPace } from './budget/learned-pace.ts';
import { Pause } from './budget/pause.ts';
import { ServerLimits } from './budget/server-limits.ts';
import { Spacing } from './budget/spacing.ts';

/** The longest pause for a server that refuses without naming a time. */
const LONGEST_PAUSE = 15 * 60_000;

/** The budget of sources that name none; one per origin. */
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

/** What is stored of a budget over restarts; times are milliseconds relative to the moment of saving. */
export interface Spent {
  /** Requests that ended within the longest window. */
  readonly ended: Ended;
  /** Requests that may still reach the server. */
  readonly underWay: number;
  readonly pause: number;
}

/**
 * Computes when the next request may be sent: as the configuration allows, slower if the server's headers say so, and
 * slower still if it refuses. It only computes; the gate waits. All times are milliseconds of the monotonic clock.
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

  /** Counts a request that is sent now. */
  sent(now: number): Turn {
    this.#underWay += 1;
    for (const limit of this.#windows) limit.sent();
    for (const spacing of this.#spacings) spacing.sent(now);
    this.#serverLimits.sent(now);
    this.#learnedPace.sent(now);
    return { sent: now, request: this.#pause.sent() };
  }

  /**
   * Counts the end of a request, and applies what its answer says.
   *
   * @param chance in [0, 1): adds up to a tenth to a pause that the server did not ask for
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
    const announced = this.#serverLimits.knows;
    this.#serverLimits.update(answered.allowances, this.#underWay, now);
    if (!answered.limited) {
      this.#pause.relieve(request);
      return;
    }
    // If the server had announced the limit, requests are spread already: there is nothing to learn.
    const fresh = !this.#pause.repeats(request);
    if (fresh && !(announced && this.#serverLimits.left(now) === 0)) this.#learnedPace.refused(now);
    this.#pause.strike(request, now, answered.retryAfter, chance);
  }

  /** Requests that may be sent until the tightest limit is reached; null if there is none. */
  left(now: number): number | null {
    const all = [this.#serverLimits.left(now), ...this.#windows.map((limit) => limit.left(now))];
    const known = all.filter((one) => one !== null);
    return known.length === 0 ? null : Math.min(...known);
  }

  /** The limit that `left` counts down from; null if it is the server's own, or there is none. */
  limit(now: number): number | null {
    const left = this.left(now);
    return this.#windows.find((limit) => limit.left(now) === left)?.count ?? null;
  }

  /** Whether the server refused a request and has not accepted one since. */
  get isPaused(): boolean {
    return this.#pause.active;
  }

  /** Milliseconds until a request is sent again after a refusal; 0 if there is no pause. */
  paused(now: number): number {
    return this.#pause.left(now);
  }

  /** Milliseconds until the next request, by the server's stated limits alone. */
  spread(now: number): number {
    return this.#serverLimits.next(now) - now;
  }

  /** Milliseconds between two requests that were learned from refusals; null if none were. */
  pace(now: number): number | null {
    return this.#learnedPace.gap(now);
  }

  /** What {@link restore} needs. */
  save(now: number): Spent {
    const ended = this.#windows.at(-1)?.save(now) ?? [];
    return { ended, underWay: this.#underWay, pause: Math.ceil(this.paused(now)) };
  }

  /** Restores what was saved `ago` milliseconds before. */
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

  /** Takes windows of up to this length as used up: waiting for them costs less than storing them. */
  assumeBusy(length: number, now: number): void {
    for (const limit of this.#windows) if (limit.length <= length) limit.restore([[0, limit.count]], now);
  }

  /** Whether it holds no more information than a new one. */
  isBlank(now: number): boolean {
    return this.#underWay === 0 && !this.#pause.active && this.left(now) === null && this.pace(now) === null;
  }
}
