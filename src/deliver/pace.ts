import type { WebhookConfig } from '../config/document.ts';
import type { Clock } from '../lib/clock.ts';
import type { JsonObject } from '../model.ts';
import type { Memos } from '../store/contract.ts';

/**
 * Keeps to the `rate` of a webhook: in no window of its length do more attempts begin than it allows, retries and probes
 * included. What is free may be used at once; who wants it even writes a short window. Times are milliseconds of the
 * clock that never jumps.
 */
export interface Pace {
  /** How many attempts may begin now. */
  room(now: number): number;
  /** When the next may begin. */
  opens(): number;
  /** So many begin now. */
  take(count: number, now: number): void;
}

const UNLIMITED: Pace = {
  room: () => Number.POSITIVE_INFINITY,
  opens: () => Number.NEGATIVE_INFINITY,
  take: () => undefined,
};

/**
 * @param last when an attempt last began, by a process before; null if none is known. The window up to then counts as
 *   evenly used, so that restarts are no way around the rate.
 */
export function createPace(rate: WebhookConfig['rate'], last: number | null): Pace {
  if (!rate) return UNLIMITED;
  const { count, window } = rate;
  /** When the last `count` attempts began, in a ring; the oldest is at `oldest`. */
  const begun = Float64Array.from({ length: count }, (_, index) =>
    last === null ? Number.NEGATIVE_INFINITY : last - window + ((index + 1) * window) / count,
  );
  let oldest = 0;
  const at = (index: number) => begun[(oldest + index) % count] ?? Number.POSITIVE_INFINITY;
  return {
    room(now) {
      // Binary search: what began up to a window ago is free again.
      let [free, taken] = [0, count];
      while (free < taken) {
        const middle = (free + taken) >> 1;
        if (at(middle) + window <= now) free = middle + 1;
        else taken = middle;
      }
      return free;
    },
    opens: () => at(0) + window,
    take(number, now) {
      for (let index = 0; index < number; index += 1) {
        begun[oldest] = now;
        oldest = (oldest + 1) % count;
      }
    },
  };
}

/** Writing down every attempt would cost as much as the attempt: what began within so many milliseconds is one memo. */
const MEMO_EVERY = 1000;

/** The name under which the state remembers when an attempt last began. */
export function paceMemo(webhook: string): string {
  return `rate:${webhook}`;
}

/** When an attempt last began, by the clock that never jumps, as far as a memo tells. */
export function beganOf(memo: JsonObject | undefined, clock: Clock): number | null {
  if (typeof memo?.began !== 'number') return null;
  // A clock that was set back since must not hold anything up.
  return clock.monotonic() - Math.max(0, clock.now() - memo.began);
}

/** The same pace, and the state remembers when attempts begin. */
export function remembering(pace: Pace, webhook: string, store: Memos, clock: Clock): Pace {
  let last = Number.NEGATIVE_INFINITY;
  return {
    ...pace,
    take(count, now) {
      pace.take(count, now);
      if (count === 0 || now - last < MEMO_EVERY) return;
      last = now;
      // A state that cannot be written stops the process, and says so itself.
      store.remember(paceMemo(webhook), { began: clock.now() }).catch(() => undefined);
    },
  };
}
