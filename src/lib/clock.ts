/** A longer timer would overflow and fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Time, passed in everywhere so that tests can advance it. */
export interface Clock {
  /** Wall time in Unix milliseconds: for what people see and what is stored. */
  now(): number;
  /** Monotonic milliseconds: for durations. */
  monotonic(): number;
  /** Resolves after `ms` (at most 24 days), or at once when the signal aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Aborts with a TimeoutError after `ms`, or as `stop` does; dispose of it to stop the timer. */
  deadline(ms: number, stop?: AbortSignal): Deadline;
}

export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep(ms, signal) {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.min(Math.max(0, ms), LONGEST_TIMER));
      signal?.addEventListener('abort', wake, { once: true });
    });
  },
  deadline(ms, stop) {
    // `AbortSignal.any` would join the two through weak references, which cost more than a signature.
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(timeoutError(ms)), Math.min(ms, LONGEST_TIMER));
    const abort = () => controller.abort(stop?.reason);
    if (stop?.aborted) abort();
    else stop?.addEventListener('abort', abort, { once: true });
    return {
      signal: controller.signal,
      [Symbol.dispose]() {
        clearTimeout(timer);
        stop?.removeEventListener('abort', abort);
      },
    };
  },
};

export function timeoutError(ms: number): DOMException {
  return new DOMException(`timed out after ${ms} ms`, 'TimeoutError');
}
