import { type Clock, timeoutError } from '../lib/clock.ts';

/** The time that the requests of a poll may take together. It stands still while one of them waits for its turn. */
export interface Patience extends Disposable {
  /** Each ends a request at once: the time is over, or whoever asks has stopped. */
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
  const over = new AbortController();
  let end = clock.monotonic() + time;
  let running = start();

  function start(): AbortController {
    const pause = new AbortController();
    void clock.sleep(end - clock.monotonic(), pause.signal).then(() => {
      if (!pause.signal.aborted) over.abort(timeoutError(time));
    });
    return pause;
  }

  return {
    signals: stop ? [over.signal, stop] : [over.signal],
    stop,
    left: () => end - clock.monotonic(),
    async standStill(wait) {
      const began = clock.monotonic();
      running.abort();
      try {
        return await wait;
      } finally {
        end += clock.monotonic() - began;
        running = start();
      }
    },
    [Symbol.dispose]: () => running.abort(),
  };
}
