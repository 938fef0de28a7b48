import type { Followed } from '../server/api/schemas.ts';

/** Followers at most; each holds a connection and up to a quarter of a megabyte. */
const MOST = 50;

interface Follower {
  tell(happened: Followed): void;
  end(): void;
}

/** The clients of the event stream. */
export class Followers {
  readonly #all = new Set<Follower>();

  /** Adds a follower until the returned function is called. Null if there are too many. */
  add(tell: Follower['tell'], end: Follower['end']): (() => void) | null {
    if (this.#all.size >= MOST) return null;
    const follower = { tell, end };
    this.#all.add(follower);
    return () => this.#all.delete(follower);
  }

  /** Whether there are followers: without any, no messages are made. */
  get any(): boolean {
    return this.#all.size > 0;
  }

  tell(happened: Followed): void {
    for (const { tell } of this.#all) tell(happened);
  }

  /** Ends the streams of all followers. */
  end(): void {
    for (const { end } of this.#all) end();
    this.#all.clear();
  }
}
