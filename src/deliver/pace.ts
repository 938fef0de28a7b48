import type { WebhookConfig } from '../config/document.ts';
import type { Clock } from '../lib/clock.ts';
import { SlidingWindow } from '../lib/sliding-window.ts';
import type { JsonObject } from '../model.ts';
import type { Memos } from '../store/contract.ts';

/**
 * Keeps to the `rate` of a webhook: in no window of its length does the receiver get more requests than the rate
 * allows, retries and probes included. Requests are not spread within the window; for an even flow the window has to
 * be short.
 */
export interface Pace {
  /** How many attempts may begin now. */
  room(): number;
  /** When the next may begin, on the monotonic clock; Infinity if that depends on one that is under way. */
  opens(): number;
  begin(attempts: number): void;
  /** One of them is over. */
  end(): void;
  /** Stores the final state, after the last attempt has ended. */
  close(): Promise<void>;
}

const UNLIMITED: Pace = {
  room: () => Number.POSITIVE_INFINITY,
  opens: () => Number.NEGATIVE_INFINITY,
  begin: () => undefined,
  end: () => undefined,
  close: () => Promise.resolve(),
};

/** Memos per window at most, and milliseconds between two of them at least: each costs as much as an attempt. */
const NOTES = 50;
const OFTEN = 1000;

/** The name under which the state remembers when attempts were made. */
export function paceMemo(webhook: string): string {
  return `rate:${webhook}`;
}

/** @param left memo of the process before, so that a restart does not evade the rate */
export function createPace(
  { name, rate }: Pick<WebhookConfig, 'name' | 'rate'>,
  left: JsonObject | undefined,
  store: Pick<Memos, 'remember'>,
  clock: Clock,
): Pace {
  if (!rate) return UNLIMITED;
  const window = new SlidingWindow(rate.count, rate.window);
  const chunk = Math.ceil(Math.max(rate.count / NOTES, (rate.count * OFTEN) / rate.window));
  recall(window, left, clock);
  // The first attempt always writes a memo: earlier ones may not be in the last memo.
  let unnoted = chunk;

  /** @param more attempts that may begin before the next memo */
  async function note(more: number): Promise<void> {
    unnoted = 0;
    const ended = window.save(clock.monotonic());
    const memo = { at: clock.now(), ended, begun: window.underWay + more };
    // A store that failed stops the process, and reports that itself.
    await store.remember(paceMemo(name), memo).catch(() => undefined);
  }

  return {
    room: () => window.left(clock.monotonic()),
    opens: () => window.next(clock.monotonic()),
    begin(attempts) {
      for (let count = 0; count < attempts; count += 1) window.sent();
      unnoted += attempts;
      if (attempts > 0 && unnoted >= chunk) void note(chunk - 1);
    },
    end: () => window.ended(clock.monotonic()),
    close: () => note(0),
  };
}

/** Attempts that may have begun after the memo are taken to have ended just now, which is the worst case. */
function recall(window: SlidingWindow, memo: JsonObject | undefined, clock: Clock): void {
  const { at, ended, begun } = memo ?? {};
  if (typeof at !== 'number' || typeof begun !== 'number' || !Array.isArray(ended)) return;
  // A clock that was set back since must not hold anything up.
  const ago = Math.max(0, clock.now() - at);
  const before = (ended as readonly [number, number][]).map(([time, count]) => [time + ago, count] as const);
  window.restore([...before, [0, begun]], clock.monotonic());
}
