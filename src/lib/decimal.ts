import type { Json } from '../model.ts';
import { canonicalNumber, isRawNumber } from './json.ts';

/** An exact decimal number: `digits` × 10^-`scale`. */
export interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

/** By how much a number may differ: an amount, or a percentage of its previous value. */
export interface Tolerance {
  readonly amount: Decimal;
  readonly percent: boolean;
}

/** Decimal numbers as people and systems write them. */
const NUMERIC_TEXT = /^\s*\+?(-?)(\d*)(\.\d+)?\s*$/;

/** Characters: longer texts are not taken for numbers, since exact arithmetic on them takes too long. */
const LONGEST = 900;

/**
 * Parses an exact number. Null for a text that is not a number, or that has an exponent.
 *
 * @param text decimal digits with an optional sign and fraction, blanks around it
 */
export function parseDecimal(text: string): Decimal | null {
  if (text.length > LONGEST) return null;
  const [, sign, whole = '', fraction = ''] = NUMERIC_TEXT.exec(text) ?? [];
  if (sign === undefined || whole + fraction === '') return null;
  const digits = BigInt(`${whole}${fraction.slice(1)}`);
  return { digits: sign ? -digits : digits, scale: Math.max(0, fraction.length - 1) };
}

/**
 * Whether two numbers differ by less than the tolerance. Numbers in strings count, since CSV and XML have no others;
 * a string and a number always differ.
 *
 * @param from the value that was sent last, which percentages refer to
 */
export function isWithin(from: Json, to: Json, { amount, percent }: Tolerance): boolean {
  if ((typeof from === 'string') !== (typeof to === 'string')) return false;
  const [before, after] = [decimalOf(from), decimalOf(to)];
  if (!before || !after) return false;
  const distance = absolute(subtract(after, before));
  if (!percent) return isLess(distance, amount);
  return isLess(multiply(distance, HUNDRED), multiply(amount, absolute(before)));
}

/** Whether a value is a number, or a string with a number, without an exponent. */
export function isNumeric(value: Json): boolean {
  return decimalOf(value) !== null;
}

const HUNDRED: Decimal = { digits: 100n, scale: 0 };

function decimalOf(value: Json): Decimal | null {
  if (typeof value === 'string') return parseDecimal(value);
  return typeof value === 'number' || isRawNumber(value) ? parseDecimal(canonicalNumber(value)) : null;
}

function subtract(one: Decimal, other: Decimal): Decimal {
  const scale = Math.max(one.scale, other.scale);
  return { digits: scaled(one, scale) - scaled(other, scale), scale };
}

function multiply(one: Decimal, other: Decimal): Decimal {
  return { digits: one.digits * other.digits, scale: one.scale + other.scale };
}

function isLess(one: Decimal, other: Decimal): boolean {
  const scale = Math.max(one.scale, other.scale);
  return scaled(one, scale) < scaled(other, scale);
}

function absolute({ digits, scale }: Decimal): Decimal {
  return { digits: digits < 0n ? -digits : digits, scale };
}

function scaled({ digits, scale }: Decimal, wanted: number): bigint {
  return digits * 10n ** BigInt(wanted - scale);
}
