import type { Clock } from '../lib/clock.ts';

/** The time that the requests of a poll may take together. It stands still while one of them waits for its turn. */
export interface Patience extends Disposable {
  /** Each ends a request at once: the time is over, or whoever asks has stopped. Others after a stand still. */
  readonly signals: readonly AbortSignal[];
  /** Ends a wait for a turn; null if nobody stops it. */
  readonly stop: AbortSignal | null;
  /** Milliseconds that are left. */
  left(): number;
  /** Waits without using up the time. */
  standStill<T>(wait: Promise<T>): Promise<T>;
}

/** @param time milliseconds */
export function patienceOf(clock: Clock, time: number, stop: AbortSignal | null = null): Patience {
  let end = clock.monotonic() + time;
  let deadline = clock.deadline(time);
  return {
    get signals() {
      return stop ? [deadline.signal, stop] : [deadline.signal];
    },
    stop,
    left: () => end - clock.monotonic(),
    async standStill(wait) {
      const began = clock.monotonic();
      deadline[Symbol.dispose]();
      try {
        return await wait;
      } finally {
        end += clock.monotonic() - began;
        deadline = clock.deadline(Math.max(0, end - clock.monotonic()));
      }
    },
    [Symbol.dispose]: () => deadline[Symbol.dispose](),
  };
}
