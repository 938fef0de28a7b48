/**
 * A body as it was received, in chunks. Most polls only compare it with the known one, and joining 100 kB costs more
 * than comparing them chunk by chunk.
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

  /** The chunks in order; joined if there are too many, since the server chooses their size. */
  get pieces(): readonly Buffer[] {
    return this.#pieces.length * LEAST_PIECE > this.length ? [this.bytes] : this.#pieces;
  }

  /** The whole body, joined once. */
  get bytes(): Buffer {
    if (this.#pieces.length !== 1) this.#pieces = [Buffer.concat(this.#pieces, this.length)];
    return this.#pieces[0] as Buffer;
  }
}

/** Bytes per chunk on average, from which on chunks are compared without joining them. */
const LEAST_PIECE = 4096;
