import { inspect } from 'node:util';

const SHOWN = '[secret]';

/**
 * A value that cannot be printed: `String`, template literals, `JSON.stringify` and `util.inspect` show `[secret]`.
 * Only {@link Secret.reveal} gives the text, to be called where it is needed.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [inspect.custom](): string {
    return SHOWN;
  }
}

/** The text of a value that may or may not be secret. */
export function reveal(value: string | Secret): string {
  return value instanceof Secret ? value.reveal() : value;
}
