import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signingKey } from '../../../src/lib/signing/key.ts';

const bytes = (count: number) => Buffer.alloc(count, 7);
const whsec = (count: number) => `whsec_${bytes(count).toString('base64')}`;

const TABLE: readonly [name: string, secret: string, expected: Buffer | RegExp, weak?: boolean][] = [
  ['24 bytes', whsec(24), bytes(24)],
  ['64 bytes', whsec(64), bytes(64)],
  ['32 bytes without padding', whsec(32).replace('=', ''), bytes(32)],
  ['23 bytes', whsec(23), /23 bytes.*least is 24/],
  ['65 bytes', whsec(65), /65 bytes.*most is 64/],
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
