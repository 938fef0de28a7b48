import { hash } from 'node:crypto';
import { canonicalNumber, isObject } from '../lib/json.ts';
import type { Json } from '../model.ts';
import type { Lens } from './lens.ts';

/**
 * One text for all spellings of the same value, as far as the lens compares it: members sorted by name, numbers in one
 * spelling, unordered lists sorted. Two records are equal exactly when these texts are.
 */
export function canonical(value: Json, lens: Lens): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return canonicalList(value, lens);
  return isObject(value) ? canonicalObject(value, lens) : canonicalNumber(value as number | RawJson);
}

function canonicalList(list: readonly Json[], lens: Lens): string {
  const parts: string[] = [];
  for (const [at, part] of list.entries()) {
    const inner = lens.plain ? lens : lens.at(String(at));
    if (!inner.ignored) parts.push(canonical(part, inner));
  }
  if (lens.unordered) parts.sort();
  return `[${parts.join(',')}]`;
}

function canonicalObject(object: { readonly [name: string]: Json }, lens: Lens): string {
  let text = '';
  for (const name of Object.keys(object).sort()) {
    const inner = lens.plain ? lens : lens.at(name);
    if (inner.ignored) continue;
    text += `${text && ','}${JSON.stringify(name)}:${canonical(object[name] as Json, inner)}`;
  }
  return `{${text}}`;
}

/** 128 bits of SHA-256 over the canonical text: equal digests mean equal records. */
export function digestOf(value: Json, lens: Lens): string {
  return hash('sha256', canonical(value, lens), 'base64url').slice(0, 22);
}
