import { hash } from 'node:crypto';
import { Secret } from './secret.ts';

/** A short text that differs for different plain values, secrets included, without revealing them. */
export function fingerprint(value: unknown): string {
  return hash('sha256', JSON.stringify(value, revealed), 'base64url').slice(0, 22);
}

/** A replacer that reads secrets from their holder, since `toJSON` has hidden them already. */
function revealed(this: { readonly [key: string]: unknown }, key: string, value: unknown): unknown {
  const held = this[key];
  return held instanceof Secret ? { secret: held.reveal() } : value;
}
