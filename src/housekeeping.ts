import type { Config } from './config/document.ts';
import { messageOf } from './errors.ts';
import type { Clock } from './lib/clock.ts';
import type { Logger } from './lib/log.ts';
import { type Loop, runLoop } from './schedule/loop.ts';
import type { Store } from './store/contract.ts';

/** Milliseconds between two rounds: often enough to keep each small, rarely enough to cost nothing. */
const INTERVAL = 60_000;

/** Milliseconds between two steps, so that deliveries and polls get their turn. */
const PAUSE = 50;

export interface HousekeepingDeps {
  readonly store: Pick<Store, 'retain'>;
  /** Called at every step: a reload may change the limits. */
  readonly retention: () => Config['retention'];
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Removes finished events that are past their retention, every minute and in small steps, until the signal aborts. */
export function startHousekeeping({ store, retention, clock, log, signal }: HousekeepingDeps): Loop {
  let due = clock.now() + INTERVAL;
  return runLoop({
    clock,
    signal,
    // A clock that is set back must not delay the next round.
    next: () => Math.min(due, clock.now() + INTERVAL),
    async work(stopping) {
      while (!stopping.aborted) {
        const { delivered, dead, max_events: maxEvents } = retention();
        if (!(await store.retain({ now: clock.now(), delivered, dead, maxEvents }))) break;
        await clock.sleep(PAUSE, stopping);
      }
      due = clock.now() + INTERVAL;
    },
    onError: (error) => log.error({ err: messageOf(error) }, 'old events could not be removed'),
  });
}
