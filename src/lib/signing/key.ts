import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const LEAST = 24;
const MOST = 64;

/** A parsed signing secret: its key, `weak` if it is shorter than is safe; or why it cannot be used, with a hint. */
export type SigningKey =
  | { readonly kind: 'ok'; readonly key: KeyObject; readonly weak: boolean }
  | { readonly kind: 'invalid'; readonly reason: string; readonly hint: string };

const SYMMETRIC =
  'after whsec_ comes the base64 of 24 to 64 random bytes: echo whsec_$(openssl rand -base64 32)';
const ASYMMETRIC = 'write whsk_ and the base64 of a 32-byte seed: echo whsk_$(openssl rand -base64 32)';

/**
 * Reads a secret as Standard Webhooks does: after `whsec_` the base64 of 24 to 64 bytes, anything else as its UTF-8
 * bytes. The reason never quotes the secret.
 */
export function signingKey(secret: string): SigningKey {
  if (!secret.startsWith('whsec_')) return textKey(secret);
  const key = decoded(secret.slice('whsec_'.length));
  if (key === null) return invalid('is not base64 after whsec_', SYMMETRIC);
  if (key.length < LEAST)
    return invalid(`holds ${key.length} bytes after whsec_, the minimum is ${LEAST}`, SYMMETRIC);
  if (key.length > MOST)
    return invalid(`holds ${key.length} bytes after whsec_, the maximum is ${MOST}`, SYMMETRIC);
  return { kind: 'ok', key: createSecretKey(key), weak: false };
}

/** The UTF-8 bytes of the secret, whatever it begins with. */
export function textKey(secret: string): SigningKey {
  const key = Buffer.from(secret);
  if (key.length === 0) return invalid('is empty', 'use 24 random bytes or more: openssl rand -base64 32');
  return { kind: 'ok', key: createSecretKey(key), weak: key.length < LEAST };
}

/** The PKCS #8 prefix of a 32-byte Ed25519 seed (RFC 8410, section 7). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * Reads a private key of Standard Webhooks: `whsk_` and the base64 of a 32-byte Ed25519 seed, with or without the
 * public key appended.
 */
export function ed25519Key(secret: string): SigningKey {
  if (secret.startsWith('whpk_')) return invalid('is a public key (whpk_), which only verifies', ASYMMETRIC);
  if (!secret.startsWith('whsk_')) return invalid('is not an Ed25519 private key (whsk_)', ASYMMETRIC);
  const bytes = decoded(secret.slice('whsk_'.length));
  if (bytes === null) return invalid('is not base64 after whsk_', ASYMMETRIC);
  if (bytes.length !== 32 && bytes.length !== 64)
    return invalid(`holds ${bytes.length} bytes after whsk_, not 32 or 64`, ASYMMETRIC);
  const der = Buffer.concat([PKCS8, bytes.subarray(0, 32)]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  // A receiver with the other public key could not verify anything.
  if (bytes.length === 64 && !bytes.subarray(32).equals(publicBytes(key)))
    return invalid('holds a public key that does not belong to its seed', ASYMMETRIC);
  return { kind: 'ok', key, weak: false };
}

/** The 32 bytes of the public key that belongs to an Ed25519 private key. */
export function publicBytes(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
}

function decoded(text: string): Buffer | null {
  const digits = text.replace(/=+$/, '').length;
  return !BASE64.test(text) || digits % 4 === 1 ? null : Buffer.from(text, 'base64');
}

function invalid(reason: string, hint: string): SigningKey {
  return { kind: 'invalid', reason, hint };
}
