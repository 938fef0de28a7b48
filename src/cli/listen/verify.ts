import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  timingSafeEqual,
  verify as verifyBytes,
} from 'node:crypto';
import type { Sign } from '../../lib/signing/presets.ts';
import { likelyMistake } from './mistakes.ts';
import { ALL_PRESETS, type Claim, contentOf, type Headers, type Scheme, schemeOf } from './schemes.ts';

/** Seconds that a message's timestamp may be off, as the libraries of all presets allow. */
const TOLERANCE = 5 * 60;

/** The result of verifying a message; `mistake` says what is most likely wrong, and where to look. */
export type Verdict =
  | { readonly kind: 'verified'; readonly schemes: readonly string[] }
  | { readonly kind: 'unchecked' }
  | { readonly kind: 'rejected'; readonly mistake: string };

interface Received {
  readonly headers: Headers;
  readonly body: Buffer;
  readonly secrets: readonly string[];
  /** The schemes that a message must be signed with; null: those that it carries. */
  readonly sign: readonly Sign[] | null;
  /** Unix milliseconds. */
  readonly now: number;
}

/** Verifies a message as receivers do, sharing no code with the sender. All its signatures must be valid. */
export function verify(received: Received): Verdict {
  if (received.secrets.length === 0) return { kind: 'unchecked' };
  const claims = claimsOf(received);
  if (typeof claims === 'string') return rejected(claims);
  const verified: string[] = [];
  let unknown = '';
  for (const claim of claims) {
    const keys = received.secrets.filter(
      (secret) => isAsymmetric(secret) === (claim.algorithm === 'ed25519'),
    );
    if (keys.length === 0) {
      unknown ||= keyless(claim);
      continue;
    }
    const mistake = mistakeIn(claim, keys, received);
    if (mistake !== null) return rejected(claims.length > 1 ? `${claim.scheme}: ${mistake}` : mistake);
    verified.push(claim.scheme);
  }
  return verified.length > 0 ? { kind: 'verified', schemes: verified } : rejected(unknown);
}

function rejected(mistake: string): Verdict {
  return { kind: 'rejected', mistake };
}

/** The signatures of a message, or what is wrong with its headers. */
function claimsOf({ headers, sign }: Received): readonly Claim[] | string {
  const header = (name: string): string => headers[name]?.[0] ?? '';
  const schemes = sign
    ? sign.map(schemeOf)
    : ALL_PRESETS.filter((scheme) => carries(header(scheme.header), scheme));
  if (schemes.length === 0) return unsigned(header);
  const claims: Claim[] = [];
  for (const scheme of schemes) {
    const value = header(scheme.header);
    if (value === '')
      return `no ${scheme.header} header: is the webhook signed with \`sign: ${scheme.name}\`?`;
    const claim = scheme.read(value, header);
    if (typeof claim === 'string') return claim;
    if (claim.given.length === 0) return `${scheme.header} has no signature of ${scheme.name}`;
    claims.push(claim);
  }
  return claims;
}

/** Whether a header has a signature of this scheme: Standard Webhooks has two versions in one header. */
function carries(value: string, { name }: Scheme): boolean {
  if (name === 'standard-ed25519') return /(?:^| )v1a,/.test(value);
  if (name === 'standard') return /(?:^| )v1,/.test(value);
  return value !== '';
}

function unsigned(header: (name: string) => string): string {
  if (header('webhook-signature') !== '') return 'webhook-signature has no v1 signature';
  const missing = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].filter(
    (name) => header(name) === '',
  );
  return `no ${missing.join(', ')} header: is the webhook signed?`;
}

function keyless({ algorithm, header, scheme }: Claim): string {
  return algorithm === 'ed25519'
    ? `${header} has no v1 signature, only v1a (Ed25519): give the public key, --secret whpk_…`
    : `it is signed with a shared secret (${scheme}), and only a key of Ed25519 was given`;
}

/** The mistake in a signature; null if it is valid. */
function mistakeIn(claim: Claim, secrets: readonly string[], { body, now }: Received): string | null {
  const { timestamp } = claim;
  if (timestamp !== null && !/^\d{1,12}$/.test(timestamp)) return 'the timestamp is not in Unix seconds';
  if (!secrets.some((secret) => isSignedBy(claim, secret, body))) {
    if (claim.algorithm === 'ed25519') return 'another key, or the body was altered on its way';
    return likelyMistake(claim, secrets, body);
  }
  const age = timestamp === null ? 0 : Math.floor(now / 1000) - Number(timestamp);
  if (Math.abs(age) <= TOLERANCE) return null;
  return age > 0
    ? `old timestamp: signed ${age} s ago; is it a repeated message, or is a clock wrong?`
    : `timestamp ${-age} s in the future: is a clock wrong?`;
}

function isSignedBy(claim: Claim, secret: string, body: Buffer): boolean {
  const content = contentOf(claim.layout, claim, body);
  if (claim.algorithm === 'ed25519') {
    const key = publicKey(secret);
    return key !== null && claim.given.some((one) => verifyBytes(null, content, key, one));
  }
  const key = claim.decodes && secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : secret;
  const expected = createHmac(claim.algorithm, key).update(content).digest();
  return claim.given.some((one) => one.length === expected.length && timingSafeEqual(one, expected));
}

function isAsymmetric(secret: string): boolean {
  return /^wh[sp]k_/.test(secret);
}

/** Parses a public key, or derives it from a private one; null if the text is neither. */
function publicKey(secret: string) {
  const bytes = Buffer.from(secret.slice(5), 'base64');
  try {
    if (secret.startsWith('whpk_'))
      return createPublicKey({ key: Buffer.concat([SPKI, bytes]), format: 'der', type: 'spki' });
    const seed = Buffer.concat([PKCS8, bytes.subarray(0, 32)]);
    return createPublicKey(createPrivateKey({ key: seed, format: 'der', type: 'pkcs8' }));
  } catch {
    return null;
  }
}

/** DER prefixes of raw Ed25519 keys (RFC 8410). */
const SPKI = Buffer.from('MCowBQYDK2VwAyEA', 'base64');
const PKCS8 = Buffer.from('MC4CAQAwBQYDK2VwBCIEIA==', 'base64');
