/** Chance that can be repeated: the same seed draws the same numbers. */
export interface Chance {
  /** A number in [0, 1). */
  draw(): number;
  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number;
  /** One of these; there must be one. */
  pick<T>(choices: readonly T[]): T;
}

/** The mulberry32 generator: 32 bits of state are plenty for a schedule of faults. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  function draw(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  const below = (limit: number) => Math.floor(draw() * limit);
  return {
    draw,
    below,
    pick(choices) {
      const [chosen] = choices.slice(below(choices.length));
      if (chosen === undefined) throw new RangeError('nothing to pick from');
      return chosen;
    },
  };
}

/** The seed in this environment variable, or a new one; said aloud, so that a failure can be repeated. */
export function seedFrom(variable: string): number {
  const given = process.env[variable];
  const seed = given === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(given);
  if (!Number.isInteger(seed)) throw new RangeError(`${variable}=${given} is not a whole number`);
  return seed;
}
