import { canonicalNumber, isRawNumber } from '../../lib/json.ts';
import type { Json } from '../../model.ts';

/** A count, given as a number or as digits in a string; null if it is neither. */
export function countIn(value: Json | undefined): number | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : null;
  if (value !== undefined && isRawNumber(value)) return countIn(canonicalNumber(value));
  return typeof value === 'string' && /^\s*\d{1,15}\s*$/.test(value) ? Number(value) : null;
}
