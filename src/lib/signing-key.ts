const PREFIX = 'whsec_';
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const LEAST = 24;
const MOST = 64;

/** What a signing secret comes to: the bytes of its key, `weak` when shorter than is safe, or why it cannot be used. */
export type SigningKey =
  | { readonly kind: 'ok'; readonly key: Buffer; readonly weak: boolean }
  | { readonly kind: 'invalid'; readonly reason: string };

/**
 * Reads a secret as Standard Webhooks does: after `whsec_` the base64 of 24 to 64 bytes, anything else as its UTF-8
 * bytes. The reason never holds the secret.
 */
export function signingKey(secret: string): SigningKey {
  if (!secret.startsWith(PREFIX)) {
    const key = Buffer.from(secret);
    return key.length === 0 ? invalid('is empty') : { kind: 'ok', key, weak: key.length < LEAST };
  }
  const text = secret.slice(PREFIX.length);
  const digits = text.replace(/=+$/, '').length;
  if (!BASE64.test(text) || digits % 4 === 1) return invalid('is not base64 after whsec_');
  const key = Buffer.from(text, 'base64');
  if (key.length < LEAST) return invalid(`holds ${key.length} bytes after whsec_, the least is ${LEAST}`);
  if (key.length > MOST) return invalid(`holds ${key.length} bytes after whsec_, the most is ${MOST}`);
  return { kind: 'ok', key, weak: false };
}

function invalid(reason: string): SigningKey {
  return { kind: 'invalid', reason };
}
