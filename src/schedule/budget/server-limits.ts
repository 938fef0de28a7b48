import type { Allowance } from '../../model.ts';
import { Spacing } from './spacing.ts';

/** One part in so many of what is left may be sent without a pause. */
const BURST = 10;

/** Longest wait: a server that names a later time has a wrong clock or means another unit. */
const LONGEST = 24 * 3_600_000;

/** Wait when a server says that nothing is left, but not until when. */
const UNKNOWN = 60_000;

/** Limits per server that are kept: more than any honest server has. */
const MOST = 16;

interface Policy {
  /** Requests that may be sent until the reset, less the reserve and those sent since. */
  left: number;
  resets: number;
  readonly spacing: Spacing;
}

/**
 * Spreads the requests that a server says are left over the time until its reset. Every answer corrects it; what a
 * server does not say limits nothing. Times as for the sliding window.
 */
export class ServerLimits {
  readonly #reserve: number;
  readonly #policies = new Map<string, Policy>();

  /** @param reserve fraction of each limit that is left to other clients */
  constructor(reserve: number) {
    this.#reserve = reserve;
  }

  /** Takes over the limits of an answer. `underWay`: requests that the server may not have counted yet. */
  update(allowances: readonly Allowance[], underWay: number, now: number): void {
    for (const { name, limit, remaining, reset, window } of allowances) {
      if (remaining === null) continue;
      const left = remaining - Math.ceil((limit ?? 0) * this.#reserve) - underWay;
      const wait = reset ?? window ?? (left > 0 ? 0 : UNKNOWN);
      if (wait > 0) this.#set(name, left, Math.min(wait, LONGEST), now);
      else this.#policies.delete(name);
    }
  }

  /** Whether any limit is known. */
  get knows(): boolean {
    return this.#policies.size > 0;
  }

  /** Requests left by the tightest limit; null if none is known. */
  left(now: number): number | null {
    let least = Number.POSITIVE_INFINITY;
    for (const { left, resets } of this.#policies.values())
      if (now < resets) least = Math.min(least, Math.max(0, left));
    return least === Number.POSITIVE_INFINITY ? null : least;
  }

  next(now: number): number {
    let next = now;
    for (const [name, { left, resets, spacing }] of this.#policies) {
      if (now >= resets) this.#policies.delete(name);
      else next = Math.max(next, left <= 0 ? resets : Math.min(resets, spacing.next(now)));
    }
    return next;
  }

  sent(now: number): void {
    for (const policy of this.#policies.values()) {
      policy.left -= 1;
      policy.spacing.sent(now);
    }
  }

  ended(sent: number, now: number): void {
    for (const { spacing } of this.#policies.values()) spacing.ended(sent, now);
  }

  #set(name: string, left: number, wait: number, now: number): void {
    const known = this.#policies.get(name);
    if (!known && this.#policies.size >= MOST) return;
    const gap = wait / Math.max(1, left);
    const burst = Math.max(1, Math.floor(left / BURST));
    const spacing = known?.spacing ?? new Spacing(gap, burst);
    spacing.gap = gap;
    spacing.burst = burst;
    this.#policies.set(name, { left, resets: now + wait, spacing });
  }
}
