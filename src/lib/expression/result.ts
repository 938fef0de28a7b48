import type { Json } from '../../model.ts';
import { DEEPEST } from '../json.ts';

/** Members and elements of one result, and characters of its texts. */
const MOST_PARTS = 100_000;
const MOST_CHARACTERS = 10_000_000;

/** Whether a value is a JSONata function; these are objects that hold their whole environment. */
export function isFunction(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value === 'function';
  const { _jsonata_lambda: lambda, _jsonata_function: builtin } = value as { [name: string]: unknown };
  return lambda === true || builtin === true;
}

/** Whether a result is JSON already: no functions, nothing undefined, only finite numbers. */
export function isJson(value: unknown): value is Json {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object') return typeof value === 'string' || typeof value === 'boolean';
  if (value === null || JSON.isRawJSON(value)) return true;
  return !isFunction(value) && (Array.isArray(value) ? value : Object.values(value)).every(isJson);
}

/**
 * The result of an expression as JSON: undefined and functions become null. Throws a RangeError if it is nested too
 * deeply or too large.
 */
export function jsonOf(result: unknown): Json {
  let parts = 0;
  let characters = 0;

  function take(value: unknown, levels: number): Json {
    parts += 1;
    if (typeof value === 'string') characters += value.length;
    if (levels < 0) throw new RangeError(`the result is nested deeper than ${DEEPEST} levels`);
    if (parts > MOST_PARTS || characters > MOST_CHARACTERS) throw new RangeError('the result is too large');
    if (typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value === 'number') return Number.isFinite(value) ? value : null;
    if (typeof value !== 'object' || value === null || isFunction(value)) return null;
    if (JSON.isRawJSON(value)) return value;
    if (Array.isArray(value)) return value.map((part) => take(part, levels - 1));
    return Object.fromEntries(
      Object.entries(value).map(([name, part]) => {
        characters += name.length;
        return [name, take(part, levels - 1)];
      }),
    );
  }

  return take(result, DEEPEST);
}

/**
 * The truth value as of `$boolean`: undefined, null, 0, empty strings, lists and objects, and lists of false values
 * are false.
 */
export function truthOf(value: unknown): boolean {
  if (isFunction(value)) return false;
  if (Array.isArray(value)) return value.some(truthOf);
  if (JSON.isRawJSON(value)) return Number(value.rawJSON) !== 0;
  return typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value);
}
