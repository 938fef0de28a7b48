import type { Json } from '../model.ts';
import { canonicalNumber, isRawNumber } from './json.ts';

/** An exact decimal number: `digits` × 10^-`scale`. */
export interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

/** How far a number may move: by so much, or by such a part (in percent) of where it was. */
export interface Tolerance {
  readonly amount: Decimal;
  readonly percent: boolean;
}

/** As people and systems write numbers into texts. */
const NUMERIC_TEXT = /^\s*\+?(-?)(\d*)(\.\d+)?\s*$/;

/** Longer texts are no numbers, and exact arithmetic on endless digits takes endless time. */
const LONGEST = 900;

/**
 * The exact number that a text says. Null for a text that is none, or that has an exponent.
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
 * Whether two values are numbers that lie closer together than the tolerance. Texts that say numbers count as numbers,
 * as CSV and XML have nothing else; a text and a number are never close.
 *
 * @param from what was sent last: percentages are of this
 */
export function isWithin(from: Json, to: Json, { amount, percent }: Tolerance): boolean {
  if ((typeof from === 'string') !== (typeof to === 'string')) return false;
  const [before, after] = [decimalOf(from), decimalOf(to)];
  if (!before || !after) return false;
  const distance = absolute(subtract(after, before));
  if (!percent) return isLess(distance, amount);
  return isLess(multiply(distance, HUNDRED), multiply(amount, absolute(before)));
}

/** Whether a value is a number, or a text that says one; without an exponent. */
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
