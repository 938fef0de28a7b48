import type { Failure } from '../errors.ts';
import type { Clock } from '../lib/clock.ts';

/** Milliseconds in which changes are collected before looking: a busy webhook settles hundreds of deliveries in it. */
const TOGETHER = 250;

/** Announces the state of sources or webhooks whenever it becomes another one. */
export class StateChanges<S extends string> {
  readonly #find: (name: string) => Promise<{ readonly state: S } | Failure>;
  readonly #announce: (name: string, state: S) => void;
  readonly #clock: Clock;
  readonly #announced = new Map<string, S>();
  readonly #waiting = new Set<string>();

  constructor(
    find: (name: string) => Promise<{ readonly state: S } | Failure>,
    announce: (name: string, state: S) => void,
    clock: Clock,
  ) {
    this.#find = find;
    this.#announce = announce;
    this.#clock = clock;
  }

  /** Forgets what was announced: a new listener has heard none of it. */
  forget(): void {
    this.#announced.clear();
  }

  /** Looks at the state soon, because something happened to what has this name. */
  async changed(name: string): Promise<void> {
    if (this.#waiting.has(name)) return;
    this.#waiting.add(name);
    await this.#clock.sleep(TOGETHER);
    this.#waiting.delete(name);
    // The store may be closed by now; then there are no listeners either.
    const found = await this.#find(name).catch(() => null);
    if (!found || 'code' in found || this.#announced.get(name) === found.state) return;
    this.#announced.set(name, found.state);
    this.#announce(name, found.state);
  }
}
