import { subscribe } from 'node:diagnostics_channel';
import { type Clock, timeoutError } from '../src/lib/clock.ts';

interface Sleeper {
  readonly at: number;
  wake(): void;
}

/** A clock that stands still until told: `await clock.advance(ms)` wakes what is due, in order. */
export class FakeClock implements Clock {
  #now: number;
  #monotonic = 0;
  #sleepers: Sleeper[] = [];

  constructor(start = Date.parse('2026-11-21T09:30:00.000Z')) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  /** Sets the wall clock alone, as an operator or NTP does. */
  setWall(time: number): void {
    this.#now = time;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper = { at: this.#monotonic + Math.max(0, ms), wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        resolve();
      });
    });
  }

  deadline(ms: number, stop?: AbortSignal) {
    const controller = new AbortController();
    const over = new AbortController();
    const abort = () => controller.abort(stop?.reason);
    if (stop?.aborted) abort();
    else stop?.addEventListener('abort', abort);
    void this.sleep(ms, over.signal).then(() => {
      if (!over.signal.aborted) controller.abort(timeoutError(ms));
    });
    return {
      signal: controller.signal,
      [Symbol.dispose]: () => {
        over.abort();
        stop?.removeEventListener('abort', abort);
      },
    };
  }

  /** How many waits are under way: a test can wait until the code under test has come to rest. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  /** Moves on by `ms`, waking sleepers in the order of their time and letting each run before the next. */
  async advance(ms: number): Promise<void> {
    const end = this.#monotonic + ms;
    for (;;) {
      await settled();
      const next = this.#sleepers.filter((one) => one.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#sleepers = this.#sleepers.filter((one) => one !== next);
      this.#now += next.at - this.#monotonic;
      this.#monotonic = next.at;
      next.wake();
    }
    this.#now += end - this.#monotonic;
    this.#monotonic = end;
    await settled();
  }
}

/** Requests of this process whose answers come in real time, however fast the fake one passes. */
const underWay = new Set<unknown>();
subscribe('undici:request:create', (message) => underWay.add((message as { request: unknown }).request));
for (const end of ['trailers', 'error']) {
  subscribe(`undici:request:${end}`, (message) => underWay.delete((message as { request: unknown }).request));
}

/**
 * Real milliseconds in which a request is answered, unless the answer is meant to wait for the fake clock; those in which a
 * busy machine did not let this process run count for one.
 */
const ANSWERED = 30;

/** Lets everything run that is ready to run, and requests be answered. Other I/O may take longer: use {@link until}. */
async function settled(): Promise<void> {
  for (let waited = 0; ; ) {
    const start = performance.now();
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    if (underWay.size === 0) return;
    waited += Math.min(1, performance.now() - start);
    if (waited > ANSWERED) underWay.clear();
  }
}

/** Real milliseconds after which what is waited for never comes: many times what a busy machine takes for anything. */
const NEVER = 60_000;

/** Waits for a condition that real I/O brings about, looking again at every turn of the event loop. */
export async function until(condition: () => boolean | Promise<boolean>, what = 'condition'): Promise<void> {
  const start = performance.now();
  while (!(await condition())) {
    if (performance.now() - start > NEVER) throw new Error(`${what}: not met within ${NEVER} ms`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
