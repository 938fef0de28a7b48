import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { createSigner } from '../../../src/deliver/sign/sign.ts';
import { Secret } from '../../../src/lib/secret.ts';
import type { Sign } from '../../../src/lib/signing/presets.ts';

export const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
export const OTHER_SECRET = 'whsec_c2l4dHktZm91ciBieXRlcyBvZiBvdGhlciBrZXk=';
/** The key of the signature that the reference library of Standard Webhooks publishes for Go. */
export const SEED = 'VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=';
export const ED25519 = `whsk_${SEED}`;

export function signer(sign: Sign | readonly Sign[], ...secrets: string[]) {
  return createSigner({
    name: 'agent',
    sign: [sign].flat() as Sign[],
    secret: secrets.map((one) => new Secret(one)),
  });
}

export const MESSAGE = { id: 'evt_1', timestamp: 1_614_265_330, body: '{"a":1}', type: 'tickets.updated' };

/** A message as it arrives now, signed. */
export function signedNow(sign: Sign | readonly Sign[], secrets: readonly string[], body: string) {
  const timestamp = Math.floor(Date.now() / 1000);
  const message = { id: 'evt_1', timestamp, body, type: 'tickets.updated' };
  const headers: Record<string, string> = {
    'webhook-id': message.id,
    'webhook-timestamp': String(timestamp),
    ...signer(sign, ...secrets)(message),
  };
  return { headers, body, timestamp };
}

/** The public key of a seed, read by other means than the product's. */
export function publicKeyOf(seed: string): KeyObject {
  const d = Buffer.from(seed, 'base64').toString('base64url');
  // JWK wants the public part too, and does not compare it.
  const whole = createPrivateKey({
    key: Buffer.concat([
      Buffer.from('MC4CAQAwBQYDK2VwBCIEIA==', 'base64'),
      Buffer.from(d, 'base64url').subarray(0, 32),
    ]),
    format: 'der',
    type: 'pkcs8',
  });
  return createPublicKey(whole);
}
