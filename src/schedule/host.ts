import type { Answered } from '../model.ts';
import { Pause } from './budget/pause.ts';

/** Milliseconds. A single request probes for all sources, so it may ask more often than each source would. */
const LONGEST_PAUSE = 2 * 60_000;

/** Failures of one source may have their cause there; failures of two sources in a row are the host's. */
const SOURCES = 2;
const FAILURES = 3;

/**
 * A circuit breaker for a host. When requests of several sources in a row get no answer, all sources of the host
 * wait, and one request at a time probes whether it is back.
 */
export class Host {
  /** Host and port, for messages. */
  readonly name: string;
  readonly #pause = new Pause(LONGEST_PAUSE);
  readonly #sources = new Set<string>();
  #failures = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** Whether it holds no more information than a new one. */
  get isBlank(): boolean {
    return this.#failures === 0 && !this.failing;
  }

  get failing(): boolean {
    return this.#pause.active;
  }

  next(now: number): number {
    return this.#pause.next(now);
  }

  sent(): number {
    return this.#pause.sent();
  }

  ended(request: number, source: string, answered: Answered, now: number, chance: number): void {
    switch (answered.kind) {
      case 'answer':
        this.#failures = 0;
        this.#sources.clear();
        this.#pause.relieve(request);
        return;
      case 'silence':
        this.#failures += 1;
        if (this.#sources.size < SOURCES) this.#sources.add(source);
        if (this.#sources.size >= SOURCES && this.#failures >= FAILURES)
          this.#pause.strike(request, now, null, chance);
        return;
      case 'unknown':
        this.#pause.abandon(request);
    }
  }
}
