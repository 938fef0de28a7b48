import type { Answered } from '../model.ts';
import { Pause } from './budget/pause.ts';

/** One request asks for all, so it may ask more often than each of them would. */
const LONGEST_PAUSE = 2 * 60_000;

/** What fails for one source may be its own fault; what fails for two in a row is the host's. */
const SOURCES = 2;
const FAILURES = 3;

/**
 * Whether a host answers at all. When requests of several sources in a row get no answer, all of its sources wait, and
 * one request at a time finds out whether it is back.
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

  /** Whether it knows nothing that a new one would not. */
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
