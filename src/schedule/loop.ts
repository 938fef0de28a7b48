import type { Clock } from '../lib/clock.ts';

/** The longest sleep: the machine may be suspended or its clock set meanwhile. */
const LONGEST_WAIT = 30_000;

/** Milliseconds of rest after work that threw, which may be due again at once. */
const AFTER_ERROR = 1000;

export interface LoopOptions {
  readonly clock: Clock;
  /** Ends the loop; work that is under way learns of it by its own signal. */
  readonly signal: AbortSignal;
  /**
   * When work is due: wall time in Unix milliseconds, Infinity for "not until poked". Asked again at every look at the
   * clock, so it must be cheap and depend on nothing but what happened.
   */
  readonly next: () => number;
  readonly work: (signal: AbortSignal) => Promise<void>;
  /** Called with what `work` or `next` threw, unless the loop was stopped; the loop goes on a second later. */
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
  // Only one listener on the shared signal per loop: with thousands of them, adding and removing costs a search each
  // time.
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
