import assert from 'node:assert/strict';
import { createHmac, createPrivateKey, createPublicKey } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Verdict, verify } from '../../../src/cli/listen/verify.ts';
import { type CustomSign, PRESET_NAMES, type Sign } from '../../../src/lib/signing/presets.ts';
import {
  ED25519,
  OTHER_SECRET,
  publicKeyOf,
  SECRET,
  signedNow,
  signer,
} from '../../deliver/sign/messages.ts';

const CUSTOM: CustomSign = {
  header: 'X-Signature',
  algorithm: 'sha512',
  encoding: 'base64',
  prefix: 'sig=',
  content: 'id.timestamp.body',
};
const WAYS: readonly Sign[] = [...PRESET_NAMES, CUSTOM];
const PUBLIC = `whpk_${publicKeyOf(ED25519.slice(5)).export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64')}`;
const secretOf = (way: Sign) => (way === 'standard-ed25519' ? ED25519 : SECRET);
const nameOf = (way: Sign) => (typeof way === 'string' ? way : 'custom');

interface Options {
  readonly secrets?: readonly string[];
  readonly sign?: readonly Sign[] | null;
  readonly later?: number;
  readonly body?: string;
}

function verdict(
  headers: Record<string, string>,
  body: string,
  { secrets = [SECRET], sign = null, later = 0 }: Options = {},
) {
  const lists = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
  return verify({ headers: lists, body: Buffer.from(body), secrets, sign, now: Date.now() + later });
}

function mistake(result: Verdict): string {
  assert.equal(result.kind, 'rejected', JSON.stringify(result));
  return result.kind === 'rejected' ? result.mistake : '';
}

for (const way of WAYS) {
  const secret = secretOf(way);
  const sign = typeof way === 'string' ? null : [way];
  const verified = { kind: 'verified', schemes: [typeof way === 'string' ? way : way.header] };

  describe(nameOf(way), () => {
    test('what is signed is verified, whatever the body, and nothing else is', () => {
      fc.assert(
        fc.property(fc.string({ unit: 'binary' }), fc.string({ minLength: 1 }), (text, more) => {
          const { headers, body } = signedNow(way, [secret], text.toWellFormed());
          assert.deepEqual(verdict(headers, body, { secrets: [secret], sign }), verified);
          assert.equal(verdict(headers, body + more, { secrets: [secret], sign }).kind, 'rejected');
        }),
        { numRuns: 30 },
      );
      const large = signedNow(way, [secret], 'ä'.repeat(500_000));
      assert.deepEqual(verdict(large.headers, large.body, { secrets: [secret], sign }), verified);
    });

    test('with another secret it is not', () => {
      const { headers, body } = signedNow(way, [secret], '{}');
      const other = way === 'standard-ed25519' ? `whsk_${'A'.repeat(43)}=` : OTHER_SECRET;
      mistake(verdict(headers, body, { secrets: [other], sign }));
      assert.deepEqual(verdict(headers, body, { secrets: [other, secret], sign }), verified);
    });
  });
}

for (const way of ['standard', 'standard-ed25519', 'svix', 'stripe', 'slack', CUSTOM] as const) {
  test(`${nameOf(way)}: the time is part of what is verified`, () => {
    const { headers, body } = signedNow(way, [secretOf(way)], '{}');
    const options = { secrets: [secretOf(way)], sign: typeof way === 'string' ? null : [way] };
    assert.match(
      mistake(verdict(headers, body, { ...options, later: 302_000 })),
      /old timestamp: signed 30\d s ago/,
    );
    assert.match(mistake(verdict(headers, body, { ...options, later: -302_000 })), /30\d s in the future/);
  });
}

test('Ed25519 is verified with the public key', () => {
  const { headers, body } = signedNow('standard-ed25519', [ED25519], '{}');
  assert.equal(verdict(headers, body, { secrets: [PUBLIC] }).kind, 'verified');
  assert.match(mistake(verdict(headers, body, { secrets: ['whpk_AAAA'] })), /another key/);
  assert.match(mistake(verdict(headers, body, { secrets: ['whpk_rubbish'] })), /another key/);
  assert.match(mistake(verdict(headers, body)), /only v1a .*give the public key/);
  const shared = signedNow('github', [SECRET], '{}');
  assert.match(
    mistake(verdict(shared.headers, shared.body, { secrets: [PUBLIC] })),
    /shared secret \(github\)/,
  );
});

test('every signature of a message must be right', () => {
  const ways = ['standard', 'github', 'stripe'] as const;
  const { headers, body } = signedNow(ways, [SECRET], '{}');
  assert.deepEqual(verdict(headers, body), { kind: 'verified', schemes: ['standard', 'github', 'stripe'] });
  const forged = { ...headers, 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` };
  assert.match(mistake(verdict(forged, body)), /^github: wrong secret/);
});

test('both versions in one header: what can be verified is', () => {
  const { headers, body } = signedNow(['standard', 'standard-ed25519'], [SECRET, ED25519], '{}');
  assert.deepEqual(verdict(headers, body), { kind: 'verified', schemes: ['standard'] });
  assert.deepEqual(verdict(headers, body, { secrets: [SECRET, PUBLIC] }), {
    kind: 'verified',
    schemes: ['standard', 'standard-ed25519'],
  });
});

test('what is expected must be there', () => {
  const { headers, body } = signedNow('standard', [SECRET], '{}');
  assert.equal(verdict(headers, body, { sign: ['standard'] }).kind, 'verified');
  assert.match(
    mistake(verdict(headers, body, { sign: ['github'] })),
    /no x-hub-signature-256 header.*`sign: github`/,
  );
});

describe('the usual mistakes are named', () => {
  const body = '{"a":1,"b":[2]}';
  const hmac = (
    key: string | Buffer,
    content: string,
    encoding: 'hex' | 'base64' = 'hex',
    algorithm = 'sha256',
  ) => createHmac(algorithm, key).update(content).digest(encoding);
  const decoded = Buffer.from(SECRET.slice(6), 'base64');
  const now = Math.floor(Date.now() / 1000);
  const standard = (signature: string) => ({
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(now),
    'webhook-signature': `v1,${signature}`,
  });
  const table: Record<string, [headers: Record<string, string>, says: RegExp, secret?: string]> = {
    'github: a decoded secret': [
      { 'x-hub-signature-256': `sha256=${hmac(decoded, body)}` },
      /^wrong secret: the sender decoded it; this preset takes its text as it is$/,
    ],
    'github: a secret without its prefix': [
      { 'x-hub-signature-256': `sha256=${hmac(SECRET.slice(6), body)}` },
      /^wrong secret: the sender has it without whsec_ before it$/,
    ],
    'github: a line break that the sender has': [
      { 'x-hub-signature-256': `sha256=${hmac(`${SECRET}\n`, body)}` },
      /^wrong secret: the sender has it with a line break at its end$/,
    ],
    'github: sha1': [
      { 'x-hub-signature-256': `sha256=${hmac(SECRET, body, 'hex', 'sha1')}` },
      /^other algorithm: .*sha1$/,
    ],
    'github: no prefix': [{ 'x-hub-signature-256': hmac(SECRET, body) }, /does not begin with sha256=$/],
    'github: the content of stripe': [
      { 'x-hub-signature-256': `sha256=${hmac(SECRET, `${now}.${body}`)}`, 'webhook-timestamp': String(now) },
      // A scheme without time signs none, so what stripe would sign cannot be known.
      /^wrong secret, or the body was altered/,
    ],
    'standard: the content of github': [
      standard(hmac(decoded, body, 'base64')),
      /^other preset: what is signed is the body alone, as github and shopify do$/,
    ],
    'standard: the content of stripe': [
      standard(hmac(decoded, `${now}.${body}`, 'base64')),
      /^other preset: what is signed is timestamp\.body, as stripe does$/,
    ],
    'standard: the text of the secret, and the content of stripe': [
      standard(hmac(SECRET, `${now}.${body}`, 'base64')),
      /^wrong secret: the sender used the text .*; other preset: what is signed is timestamp\.body/,
    ],
    'stripe: a decoded secret': [
      { 'stripe-signature': `t=${now},v1=${hmac(decoded, `${now}.${body}`)}` },
      /^wrong secret: the sender decoded it/,
    ],
    'stripe: no time': [{ 'stripe-signature': `v1=${hmac(SECRET, body)}` }, /has no t=$/],
    'stripe: no signature': [{ 'stripe-signature': `t=${now}` }, /has no v1=$/],
    'slack: no time': [
      { 'x-slack-signature': `v0=${hmac(SECRET, `v0::${body}`)}` },
      /^no x-slack-request-timestamp header/,
    ],
    'svix: no id': [{ 'svix-timestamp': String(now), 'svix-signature': 'v1,AAAA' }, /^no svix-id header/],
    'shopify: hex': [
      { 'x-shopify-hmac-sha256': hmac(SECRET, body) },
      /^wrong secret, or the body was altered/,
    ],
  };
  for (const [name, [headers, says, secret = SECRET]] of Object.entries(table)) {
    test(name, () => assert.match(mistake(verdict(headers, body, { secrets: [secret] })), says));
  }
});

test('a private key of Ed25519 verifies as its public key does', () => {
  const key = createPrivateKey({
    key: Buffer.concat([
      Buffer.from('MC4CAQAwBQYDK2VwBCIEIA==', 'base64'),
      Buffer.from(ED25519.slice(5), 'base64'),
    ]),
    format: 'der',
    type: 'pkcs8',
  });
  const raw = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
  const whole = `whsk_${Buffer.concat([Buffer.from(ED25519.slice(5), 'base64'), raw]).toString('base64')}`;
  const message = { id: 'evt_1', timestamp: 1, body: '{}', type: 'a' };
  assert.deepEqual(signer('standard-ed25519', whole)(message), signer('standard-ed25519', ED25519)(message));
});
