import { setTimeout as wait } from 'node:timers/promises';

/** Time, passed in everywhere so that tests can advance it. */
export interface Clock {
  /** Wall time in Unix milliseconds: for what people see and what is stored. */
  now(): number;
  /** Milliseconds that never jump: for durations. */
  monotonic(): number;
  /** Resolves after `ms`, or at once when the signal aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Aborts with a TimeoutError after `ms`; dispose of it to stop the timer. */
  deadline(ms: number): Deadline;
}

export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    if (signal?.aborted) return;
    await wait(Math.max(0, ms), undefined, signal ? { signal } : {}).catch(() => undefined);
  },
  deadline(ms) {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(timeoutError(ms)), ms);
    return { signal: controller.signal, [Symbol.dispose]: () => clearTimeout(timer) };
  },
};

export function timeoutError(ms: number): DOMException {
  return new DOMException(`timed out after ${ms} ms`, 'TimeoutError');
}
