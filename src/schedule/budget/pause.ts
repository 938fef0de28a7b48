/** Waits without a word of the server: 5 s, then twice as long each time. */
const FIRST = 5000;
const FACTOR = 2;

/** A time during which nothing is sent, and after which one request finds out whether it is over. */
export class Pause {
  readonly #longest: number;
  /** How often in a row it was found not to be over; 0: there is none. */
  #strikes = 0;
  #until = 0;
  #probing = false;
  /** Requests are numbered, as several may be sent in one millisecond; those from `#first` on came after it began. */
  #last = 0;
  #first = 0;

  /** @param longest wait, in milliseconds, unless the server asks for more */
  constructor(longest: number) {
    this.#longest = longest;
  }

  get active(): boolean {
    return this.#strikes > 0;
  }

  /** When the next request may be sent; Infinity while one finds out. */
  next(now: number): number {
    if (!this.active) return now;
    return this.#probing ? Number.POSITIVE_INFINITY : Math.max(now, this.#until);
  }

  /** Gives the request its number. */
  sent(): number {
    if (this.active) this.#probing = true;
    this.#last += 1;
    return this.#last;
  }

  /**
   * Begins a pause or prolongs it.
   *
   * @param request number of the request that shows the need
   * @param asked for how many milliseconds the server asks; null if it does not say
   * @param chance in [0, 1): up to a tenth is added to a wait that nobody asked for
   */
  strike(request: number, now: number, asked: number | null, chance: number): void {
    if (this.repeats(request)) {
      this.#until = Math.max(this.#until, now + (asked ?? 0));
      return;
    }
    const own = Math.min(this.#longest, FIRST * FACTOR ** this.#strikes) * (1 + chance / 10);
    this.#strikes += 1;
    // A server that keeps asking for a second does not know what it needs.
    const wait = asked === null || this.#strikes > 1 ? Math.max(asked ?? 0, own) : asked;
    this.#begin(now + wait);
  }

  /** Whether a request was sent before the pause began, so that a refusal of it says nothing new. */
  repeats(request: number): boolean {
    return this.active && request < this.#first;
  }

  /** Ends the pause, if the request was sent to find out. Tells whether it did. */
  relieve(request: number): boolean {
    if (!this.active || this.repeats(request)) return false;
    this.#strikes = 0;
    this.#probing = false;
    return true;
  }

  /** The request that was to find out found out nothing. */
  abandon(request: number): void {
    if (request >= this.#first) this.#probing = false;
  }

  /** Takes up a pause of a process before this one. */
  resume(until: number, now: number): void {
    if (until <= now) return;
    this.#strikes = 1;
    this.#begin(until);
  }

  /** How long it still takes at least; 0 if there is none. */
  left(now: number): number {
    return this.active ? Math.max(0, this.#until - now) : 0;
  }

  #begin(until: number): void {
    this.#first = this.#last + 1;
    this.#until = until;
    this.#probing = false;
  }
}
