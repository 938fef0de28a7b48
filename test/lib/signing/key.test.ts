import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ed25519Key, publicBytes, signingKey } from '../../../src/lib/signing/key.ts';

const bytes = (count: number) => Buffer.alloc(count, 7);
const whsec = (count: number) => `whsec_${bytes(count).toString('base64')}`;

const TABLE: readonly [name: string, secret: string, expected: Buffer | RegExp, weak?: boolean][] = [
  ['24 bytes', whsec(24), bytes(24)],
  ['64 bytes', whsec(64), bytes(64)],
  ['32 bytes without padding', whsec(32).replace('=', ''), bytes(32)],
  ['23 bytes', whsec(23), /23 bytes.*minimum is 24/],
  ['65 bytes', whsec(65), /65 bytes.*maximum is 64/],
  ['nothing after the prefix', 'whsec_', /0 bytes/],
  ['base64url', `whsec_${'-_'.repeat(20)}`, /not base64/],
  ['a broken quantum', `whsec_${'A'.repeat(41)}`, /not base64/],
  ['a space', `whsec_${'A'.repeat(20)} ${'A'.repeat(20)}`, /not base64/],
  ['plain text', 'a secret of 24 bytes, yes', Buffer.from('a secret of 24 bytes, yes'), false],
  ['short plain text', 'short', Buffer.from('short'), true],
  ['characters of several bytes', 'ä'.repeat(12), Buffer.from('ä'.repeat(12)), false],
  ['nothing', '', /empty/],
];

for (const [name, secret, expected, weak = false] of TABLE) {
  test(`signing key: ${name}`, () => {
    const result = signingKey(secret);
    if (expected instanceof RegExp) {
      assert.ok(result.kind === 'invalid');
      assert.match(result.reason, expected);
    } else {
      assert.ok(result.kind === 'ok');
      assert.deepEqual([result.key.export(), result.weak], [expected, weak]);
    }
  });
}

const SEED = Buffer.alloc(32, 9);
const whsk = (...parts: Buffer[]) => `whsk_${Buffer.concat(parts).toString('base64')}`;

const ASYMMETRIC: readonly [name: string, secret: string, expected: 'ok' | RegExp][] = [
  ['a seed', whsk(SEED), 'ok'],
  ['a seed without padding', whsk(SEED).replace('=', ''), 'ok'],
  ['a seed and a public key of another', whsk(SEED, SEED), /does not belong to its seed/],
  ['31 bytes', whsk(SEED.subarray(1)), /31 bytes.*not 32 or 64/],
  ['nothing after the prefix', 'whsk_', /0 bytes/],
  ['base64url', `whsk_${'-_'.repeat(20)}`, /not base64/],
  ['a public key', whsk(SEED).replace('whsk_', 'whpk_'), /public key/],
  ['a shared secret', whsec(32), /not an Ed25519 private key/],
  ['the seed without its prefix', SEED.toString('base64'), /not an Ed25519 private key/],
];

for (const [name, secret, expected] of ASYMMETRIC) {
  test(`Ed25519 key: ${name}`, () => {
    const result = ed25519Key(secret);
    if (expected === 'ok') {
      assert.ok(result.kind === 'ok' && !result.weak);
      const again = ed25519Key(whsk(SEED, publicBytes(result.key)));
      assert.ok(again.kind === 'ok' && again.key.equals(result.key));
      return;
    }
    assert.ok(result.kind === 'invalid');
    assert.match(result.reason, expected);
    assert.ok(!JSON.stringify(result).includes(secret.slice(5, 20) || 'nothing'));
  });
}
