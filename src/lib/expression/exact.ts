import type { Json } from '../../model.ts';
import { canonicalNumber, DEEPEST, isRawNumber } from '../json.ts';

/** Values as expressions see them, and the way back to what is sent. */
export interface Plain {
  readonly values: readonly unknown[];
  /**
   * What an expression gave, as JSON, with the digits of the numbers that it took over. What JSON does not know
   * (functions) is null. Throws a RangeError for what is nested too deeply or too large.
   */
  restore(result: unknown): Json;
}

/** Members and elements of one result, and characters of its texts. */
const MOST_PARTS = 100_000;
const MOST_CHARACTERS = 10_000_000;

/**
 * Numbers of any spelling become JavaScript's, on which expressions compute. Those that JavaScript would round to the
 * same number are told apart by its last bits, so that equal stays equal, different stays different, and each can be given
 * back with its own digits.
 */
export function plainOf(values: readonly Json[]): Plain {
  const raws = new Map<string, string>();
  const taken = new Set<number>();
  for (const value of values) collect(value, raws, taken);
  if (raws.size === 0) return { values, restore: (result) => jsonOf(result, new Map()) };

  const numbers = new Map<string, number>();
  const spellings = new Map<number, string>();
  for (const [canonical, spelling] of raws) {
    let number = Number(spelling);
    const exact = Number.isFinite(number) && canonicalNumber(number) === canonical;
    while (!exact && (taken.has(number) || spellings.has(number))) number = neighbour(number);
    numbers.set(canonical, number);
    spellings.set(number, spelling);
  }
  return {
    values: values.map((value) => plain(value, numbers)),
    restore: (result) => jsonOf(result, spellings),
  };
}

/** Raw numbers by value, the first spelling of each, and all others. */
function collect(value: Json, raws: Map<string, string>, taken: Set<number>): void {
  if (typeof value === 'number') taken.add(value);
  if (typeof value !== 'object' || value === null) return;
  if (isRawNumber(value)) {
    const canonical = canonicalNumber(value);
    if (!raws.has(canonical)) raws.set(canonical, value.rawJSON);
    return;
  }
  for (const part of Object.values(value)) collect(part as Json, raws, taken);
}

function plain(value: Json, numbers: ReadonlyMap<string, number>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isRawNumber(value)) return numbers.get(canonicalNumber(value));
  if (Array.isArray(value)) return value.map((part) => plain(part, numbers));
  // fromEntries defines members, so that one named __proto__ is a member like any other.
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, plain(part as Json, numbers)]),
  );
}

const float = new Float64Array(1);
const bits = new BigUint64Array(float.buffer);

/** The next number away from zero; towards it from infinity, which has none. */
function neighbour(number: number): number {
  float[0] = number;
  bits[0] = (bits[0] as bigint) + (Number.isFinite(number) ? 1n : -1n);
  return float[0] as number;
}

function jsonOf(result: unknown, spellings: ReadonlyMap<number, string>): Json {
  let parts = 0;
  let characters = 0;

  function take(value: unknown, levels: number): Json {
    parts += 1;
    if (typeof value === 'string') characters += value.length;
    if (levels < 0) throw new RangeError(`the result is nested deeper than ${DEEPEST} levels`);
    if (parts > MOST_PARTS || characters > MOST_CHARACTERS) throw new RangeError('the result is too large');
    if (typeof value === 'number') return numberOf(value);
    if (typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value !== 'object' || value === null || isFunction(value)) return null;
    if (Array.isArray(value)) return value.map((part) => take(part, levels - 1));
    return Object.fromEntries(
      Object.entries(value).map(([name, part]) => {
        characters += name.length;
        return [name, take(part, levels - 1)];
      }),
    );
  }

  function numberOf(value: number): Json {
    const spelling = spellings.get(value);
    if (spelling !== undefined) return JSON.rawJSON(spelling);
    return Number.isFinite(value) ? value : null;
  }

  return take(result, DEEPEST);
}

/** Whether JSONata means a function by a value; its own are objects that hold everything they can see. */
export function isFunction(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value === 'function';
  const { _jsonata_lambda: lambda, _jsonata_function: builtin } = value as { [name: string]: unknown };
  return lambda === true || builtin === true;
}
