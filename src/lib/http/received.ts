/**
 * A body as it came, in pieces. Most polls only ask whether it is the one that is known, for which it need not be one:
 * to put 100 kB together costs more than to compare them.
 */
export class Received {
  readonly length: number;
  #pieces: readonly Buffer[];

  /** @param length bytes of all pieces together */
  constructor(pieces: readonly Buffer[], length: number) {
    this.#pieces = pieces;
    this.length = length;
  }

  static of(bytes: Buffer): Received {
    return new Received([bytes], bytes.length);
  }

  /** In their order. A server that sends it by the byte does not choose how many there are. */
  get pieces(): readonly Buffer[] {
    return this.#pieces.length * LEAST_PIECE > this.length ? [this.bytes] : this.#pieces;
  }

  /** All of it; put together once. */
  get bytes(): Buffer {
    if (this.#pieces.length !== 1) this.#pieces = [Buffer.concat(this.#pieces, this.length)];
    return this.#pieces[0] as Buffer;
  }
}

/** Bytes that a piece has on average, where pieces are looked at by themselves. */
const LEAST_PIECE = 4096;
