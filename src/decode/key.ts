import { canonicalNumber, isObject, isRawNumber, member } from '../lib/json.ts';
import { valueAt } from '../lib/path.ts';
import type { Json } from '../model.ts';

/**
 * What identifies a record: the field's text, or several joined with `|`, with `%` and `|` inside them percent-encoded.
 * Null if a field is missing, null, empty, or no text, number or boolean.
 */
export function keyOf(record: Json, paths: readonly (readonly string[])[]): string | null {
  const parts: string[] = [];
  for (const path of paths) {
    const part = keyText(textIn(valueAt(record, path)));
    if (part === null) return null;
    parts.push(part);
  }
  if (parts.length === 1) return parts[0] as string;
  return parts.map((part) => part.replace(/[%|]/g, (sign) => (sign === '%' ? '%25' : '%7C'))).join('|');
}

/** The text of an XML element with attributes; any other value as it is. */
function textIn(value: Json | undefined): Json | undefined {
  return isObject(value) ? member(value, '#text') : value;
}

/** The text of a value within a key. 7 and 7.0 give the same text, since servers change the spelling of numbers. */
function keyText(value: Json | undefined): string | null {
  if (typeof value === 'string') return value === '' ? null : value;
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number' || (value !== undefined && isRawNumber(value))) return canonicalNumber(value);
  return null;
}
