import type { Clock } from '../lib/clock.ts';

/** A machine may be suspended or its clock set while we wait: look again after this time at the latest. */
const LONGEST_WAIT = 30_000;

/** Work that throws may leave everything as it was, and be due at once, for ever. */
const AFTER_ERROR = 1000;

export interface LoopOptions {
  readonly clock: Clock;
  /** Ends the loop; work that is under way is told through the signal that it was given. */
  readonly signal: AbortSignal;
  /**
   * When work is due: wall time in Unix milliseconds, Infinity for "not until poked". Asked again at every look at the
   * clock, so it must be cheap and depend on nothing but what happened.
   */
  readonly next: () => number;
  readonly work: (signal: AbortSignal) => Promise<void>;
  /** Told what `work` or `next` threw; the loop goes on a second later. Not told of what is thrown once it is stopped. */
  readonly onError: (error: unknown) => void;
}

export interface Loop {
  /** Makes work due now; if it is under way, it runs once more when it is done. */
  poke(): void;
  /** Resolves when the loop has ended and no work is under way; never rejects. */
  readonly done: Promise<void>;
}

/** Does work whenever it is due, never twice at once, until the signal aborts. */
export function runLoop({ clock, signal, next, work, onError }: LoopOptions): Loop {
  // One listener on the shared signal for each loop: thousands that come and go on it would cost a search each time.
  const stop = new AbortController();
  const onAbort = () => stop.abort(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  let poked = false;
  let wake: AbortController | null = null;

  async function untilDue(): Promise<void> {
    while (!stop.signal.aborted && !poked) {
      const left = next() - clock.now();
      if (left <= 0) return;
      wake = new AbortController();
      await clock.sleep(Math.min(left, LONGEST_WAIT), wake.signal);
    }
  }

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        await untilDue();
        if (stop.signal.aborted) return;
        poked = false;
        await work(stop.signal);
      } catch (error) {
        if (stop.signal.aborted) return;
        onError(error);
        await clock.sleep(AFTER_ERROR, stop.signal);
      }
    }
  }

  stop.signal.addEventListener('abort', () => wake?.abort(), { once: true });
  return {
    poke() {
      poked = true;
      wake?.abort();
    },
    done: run(),
  };
}
