import type { Json, JsonObject } from '../model.ts';

/** Deeper nesting is refused: no honest record needs it, and recursion must end. */
export const DEEPEST = 200;

/**
 * Numbers that JavaScript might not spell as they are: exponents, trailing zeros, minus zero, very small fractions, and 16
 * or more digits. They count where a number can be, as dates and names are full of such digits and to look at every value
 * takes five times as long as to parse it. What looks so within a string costs time but not correctness.
 */
const RESPELLED =
  /(?:^|[[,:])\s*-?(?=\d)(?:[\d.]{17}|\d{16}|0\.0{6}|[\d.]+[eE]|\d+\.\d*0(?!\d)|(?<=-)0(?![\d.]))[\d.eE+-]*\s*(?:[,\]}]|$)/;

/** No honest number is longer, and exact arithmetic on endless digits takes endless time. */
const LONGEST_NUMBER = 1000;

/**
 * Parses JSON, keeping numbers that JavaScript would respell as raw numbers. Throws a SyntaxError as `JSON.parse` does,
 * and a RangeError for a number of more than {@link LONGEST_NUMBER} characters.
 */
export function parseJson(text: string): Json {
  if (!RESPELLED.test(text)) return JSON.parse(text) as Json;
  return JSON.parse(text, (_name, value, { source }) => {
    if (typeof value !== 'number' || source === undefined || String(value) === source) return value;
    if (source.length > LONGEST_NUMBER) throw new RangeError(`a number has ${source.length} characters`);
    return JSON.rawJSON(source);
  }) as Json;
}

export function isRawNumber(value: Json): value is RawJson {
  return JSON.isRawJSON(value);
}

/** A JSON object: not null, not a list, not a raw number. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value);
}

/** An own member, so that `__proto__` and `constructor` are names like any other. */
export function member(value: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

/** Whether nothing in `value` is nested deeper than {@link DEEPEST} levels. */
export function isShallow(value: Json, levels = DEEPEST): boolean {
  if (typeof value !== 'object' || value === null || JSON.isRawJSON(value)) return true;
  if (levels === 0) return false;
  for (const part of Array.isArray(value) ? value : Object.values(value)) {
    if (typeof part === 'object' && !isShallow(part, levels - 1)) return false;
  }
  return true;
}

const PLAIN_NUMBER = /^(?:0|-?[1-9]\d*|-?(?:0|[1-9]\d*)\.\d*[1-9])$/;

/** Digits that a plain spelling may have before it is written with an exponent; a JavaScript number never needs more. */
const MOST_DIGITS = 400;

/** One spelling per numeric value, exact to the last digit: `1.0`, `1e0` and `1` are `1`; `-0` is `0`. */
export function canonicalNumber(value: number | RawJson): string {
  const text = typeof value === 'number' ? String(value) : value.rawJSON;
  if (PLAIN_NUMBER.test(text)) return text;
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1;
  const trimmed = digits.slice(0, end);
  if (trimmed === '') return '0';
  const exponent = BigInt(power) - BigInt(fraction.length) + BigInt(digits.length - trimmed.length);
  return sign + spell(trimmed, exponent);
}

/** digits × 10^exponent without an exponent where that stays short. */
function spell(digits: string, exponent: bigint): string {
  if (exponent > MOST_DIGITS || exponent < -MOST_DIGITS) return `${digits}e${exponent}`;
  const shift = Number(exponent);
  if (shift >= 0) return digits + '0'.repeat(shift);
  const padded = digits.padStart(1 - shift, '0');
  return `${padded.slice(0, shift)}.${padded.slice(shift)}`;
}
