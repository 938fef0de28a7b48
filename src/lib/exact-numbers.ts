import type { Json, JsonObject } from '../model.ts';
import { isFunction } from './expression/result.ts';
import { canonicalNumber, isRawNumber } from './json.ts';

/**
 * Runs `evaluate`, which computes with JavaScript numbers, on a value, and restores the original spelling of numbers
 * in its result.
 *
 * A number that JavaScript can represent is passed as a number and gets its spelling back. One that it cannot
 * represent (twenty digits) is passed as a raw number, which keeps every digit when it is only copied. If the
 * evaluation fails because it computes with such a number, it is repeated with the nearest JavaScript numbers.
 *
 * @param rounds whether the expression itself has rounded numbers: then all numbers are passed rounded
 */
export async function exactly(
  value: Json,
  evaluate: (input: unknown) => Promise<unknown>,
  rounds = false,
): Promise<unknown> {
  if (!hasRaw(value)) return evaluate(value);
  const exact = withNumbers(value, rounds ? () => true : holds);
  try {
    return restored(await evaluate(exact.value), exact);
  } catch (error) {
    if (!exact.kept) throw error;
    const near = withNumbers(value, () => true);
    return restored(await evaluate(near.value), near);
  }
}

interface Prepared {
  readonly value: Json;
  /** Original objects and lists by their copies. */
  readonly originals: ReadonlyMap<unknown, Json>;
  /** The spelling of each number; null if there are several. */
  readonly spellings: ReadonlyMap<number, string | null>;
  /** Whether raw numbers were passed. */
  readonly kept: boolean;
}

function hasRaw(value: Json): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (isRawNumber(value)) return true;
  return (Array.isArray(value) ? value : Object.values(value as JsonObject)).some(hasRaw);
}

/** Whether a JavaScript number has the same value. */
function holds(raw: RawJson): boolean {
  const number = Number(raw.rawJSON);
  return Number.isFinite(number) && canonicalNumber(number) === canonicalNumber(raw);
}

function withNumbers(whole: Json, convert: (raw: RawJson) => boolean): Prepared {
  const originals = new Map<unknown, Json>();
  const spellings = new Map<number, string | null>();
  let kept = false;
  const spell = (number: number, text: string) => {
    const known = spellings.get(number);
    spellings.set(number, known === undefined || known === text ? text : null);
    return number;
  };
  const visit = (value: Json): Json => {
    if (typeof value === 'number') return spell(value, String(value));
    if (typeof value !== 'object' || value === null) return value;
    if (isRawNumber(value)) {
      if (convert(value)) return spell(Number(value.rawJSON), value.rawJSON);
      kept = true;
      return value;
    }
    const copy = Array.isArray(value)
      ? value.map(visit)
      : Object.fromEntries(Object.entries(value).map(([name, part]) => [name, visit(part)]));
    originals.set(copy, value);
    return copy;
  };
  return { value: visit(whole), originals, spellings, kept };
}

function restored(result: unknown, { originals, spellings }: Prepared): unknown {
  const visit = (value: unknown): unknown => {
    if (typeof value === 'number') {
      const text = spellings.get(value);
      return typeof text === 'string' ? JSON.rawJSON(text) : value;
    }
    if (typeof value !== 'object' || value === null || JSON.isRawJSON(value) || isFunction(value))
      return value;
    const original = originals.get(value);
    if (original !== undefined) return original;
    if (Array.isArray(value)) return value.map(visit);
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, visit(part)]));
  };
  return visit(result);
}
