import { hash } from 'node:crypto';
import { Secret } from './secret.ts';

/** Short text that differs for different plain values, secrets included, and gives none of them away. */
export function fingerprint(value: unknown): string {
  return hash('sha256', JSON.stringify(value, revealed), 'base64url').slice(0, 22);
}

/** `toJSON` has made the value unreadable already; the object that holds it still has it. */
function revealed(this: { readonly [key: string]: unknown }, key: string, value: unknown): unknown {
  const held = this[key];
  return held instanceof Secret ? { secret: held.reveal() } : value;
}
