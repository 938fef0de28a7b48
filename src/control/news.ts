import type { Failure } from '../errors.ts';
import type { Clock } from '../lib/clock.ts';

/** What happens within this time is looked at once: a busy webhook settles hundreds of deliveries in it. */
const TOGETHER = 250;

/** How things of one kind stand, told when it changes. */
export class News<S extends string> {
  readonly #find: (name: string) => Promise<{ readonly state: S } | Failure>;
  readonly #tell: (name: string, state: S) => void;
  readonly #clock: Clock;
  readonly #told = new Map<string, S>();
  readonly #waiting = new Set<string>();

  constructor(
    find: (name: string) => Promise<{ readonly state: S } | Failure>,
    tell: (name: string, state: S) => void,
    clock: Clock,
  ) {
    this.#find = find;
    this.#tell = tell;
    this.#clock = clock;
  }

  /** Whoever listens now knows nothing of what was told before. */
  forget(): void {
    this.#told.clear();
  }

  /** Something happened to it. */
  async changed(name: string): Promise<void> {
    if (this.#waiting.has(name)) return;
    this.#waiting.add(name);
    await this.#clock.sleep(TOGETHER);
    this.#waiting.delete(name);
    // The state may be closed by now: then nobody listens any more.
    const found = await this.#find(name).catch(() => null);
    if (!found || 'code' in found || this.#told.get(name) === found.state) return;
    this.#told.set(name, found.state);
    this.#tell(name, found.state);
  }
}
