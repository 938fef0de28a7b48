import type { WebhookConfig } from '../config/document.ts';
import type { Clock } from '../lib/clock.ts';
import { SlidingWindow } from '../lib/sliding-window.ts';
import type { JsonObject } from '../model.ts';
import type { Memos } from '../store/contract.ts';

/**
 * Keeps to the `rate` of a webhook: wherever a window of its length begins, the receiver finds no more requests in it than
 * the rate allows, retries and probes included. What is free may be used at once; who wants it even writes a short window.
 */
export interface Pace {
  /** How many attempts may begin now. */
  room(): number;
  /** When the next may begin, by the clock that never jumps; Infinity when that depends on one that is under way. */
  opens(): number;
  begin(attempts: number): void;
  /** One of them is over. */
  end(): void;
  /** Notes how it stands, after the last attempt is over. */
  close(): Promise<void>;
}

const UNLIMITED: Pace = {
  room: () => Number.POSITIVE_INFINITY,
  opens: () => Number.NEGATIVE_INFINITY,
  begin: () => undefined,
  end: () => undefined,
  close: () => Promise.resolve(),
};

/** Notes of one window, and the shortest time between two of them in milliseconds: each costs as much as an attempt. */
const NOTES = 50;
const OFTEN = 1000;

/** The name under which the state remembers when attempts were made. */
export function paceMemo(webhook: string): string {
  return `rate:${webhook}`;
}

/** @param left what a process before noted, so that restarts are no way around the rate */
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
  // The first is always noted: what began before it may not have been.
  let unsaid = chunk;

  /** @param more attempts that may begin without another note */
  async function note(more: number): Promise<void> {
    unsaid = 0;
    const ended = window.save(clock.monotonic());
    const memo = { at: clock.now(), ended, begun: window.underWay + more };
    // A state that cannot be written stops the process, and says so itself.
    await store.remember(paceMemo(name), memo).catch(() => undefined);
  }

  return {
    room: () => window.left(clock.monotonic()),
    opens: () => window.next(clock.monotonic()),
    begin(attempts) {
      for (let count = 0; count < attempts; count += 1) window.sent();
      unsaid += attempts;
      if (attempts > 0 && unsaid >= chunk) void note(chunk - 1);
    },
    end: () => window.ended(clock.monotonic()),
    close: () => note(0),
  };
}

/** What may have begun and not ended when it was noted has ended just now, at the worst. */
function recall(window: SlidingWindow, memo: JsonObject | undefined, clock: Clock): void {
  const { at, ended, begun } = memo ?? {};
  if (typeof at !== 'number' || typeof begun !== 'number' || !Array.isArray(ended)) return;
  // A clock that was set back since must not hold anything up.
  const ago = Math.max(0, clock.now() - at);
  const before = (ended as readonly [number, number][]).map(([time, count]) => [time + ago, count] as const);
  window.restore([...before, [0, begun]], clock.monotonic());
}
