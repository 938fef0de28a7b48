/** Milliseconds, when the server names no time: 5 s, then twice as long each time. */
const FIRST = 5000;
const FACTOR = 2;

/** A pause in which nothing is sent, followed by a single request that probes whether the trouble is over. */
export class Pause {
  readonly #longest: number;
  /** Probes in a row that found it not to be over, plus one; 0: there is no pause. */
  #strikes = 0;
  #until = 0;
  #probing = false;
  /**
   * Requests are numbered, as several may be sent in one millisecond; those from `#first` on were sent after the
   * pause began.
   */
  #last = 0;
  #first = 0;

  /** @param longest wait, in milliseconds, unless the server asks for more */
  constructor(longest: number) {
    this.#longest = longest;
  }

  get active(): boolean {
    return this.#strikes > 0;
  }

  /** When the next request may be sent; Infinity while a probe is under way. */
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
   * @param request number of the request that was refused, or not answered
   * @param asked milliseconds that the server asks for; null if it does not say
   * @param chance in [0, 1): adds up to a tenth to a wait of our own choice
   */
  strike(request: number, now: number, asked: number | null, chance: number): void {
    if (this.repeats(request)) {
      this.#until = Math.max(this.#until, now + (asked ?? 0));
      return;
    }
    const own = Math.min(this.#longest, FIRST * FACTOR ** this.#strikes) * (1 + chance / 10);
    this.#strikes += 1;
    // A server that refuses again after the wait that it asked for needs a longer one.
    const wait = asked === null || this.#strikes > 1 ? Math.max(asked ?? 0, own) : asked;
    this.#begin(now + wait);
  }

  /** Whether a request was sent before the pause began, so that its failure says nothing new. */
  repeats(request: number): boolean {
    return this.active && request < this.#first;
  }

  /** Ends the pause if the request was its probe. Gives whether it did. */
  relieve(request: number): boolean {
    if (!this.active || this.repeats(request)) return false;
    this.#strikes = 0;
    this.#probing = false;
    return true;
  }

  /** The request ended without a result: if it was the probe, another one may be sent. */
  abandon(request: number): void {
    if (request >= this.#first) this.#probing = false;
  }

  /** Continues a pause of the process before. */
  resume(until: number, now: number): void {
    if (until <= now) return;
    this.#strikes = 1;
    this.#begin(until);
  }

  /** Milliseconds until the probe; 0 if there is no pause. */
  left(now: number): number {
    return this.active ? Math.max(0, this.#until - now) : 0;
  }

  #begin(until: number): void {
    this.#first = this.#last + 1;
    this.#until = until;
    this.#probing = false;
  }
}
