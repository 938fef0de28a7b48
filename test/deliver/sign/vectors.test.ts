import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sign } from '../../../src/lib/signing/presets.ts';
import { ED25519, SECRET, signer } from './messages.ts';

const STANDARD = {
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestamp: 1_614_265_330,
  body: '{"test": 2432232314}',
};
const SLACK =
  'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';
const RFC4231 = { body: 'what do ya want for nothing?', secret: 'Jefe' };

interface Vector {
  readonly source: string;
  readonly sign: Sign;
  readonly secret: string;
  readonly message: { readonly id?: string; readonly timestamp?: number; readonly body: string };
  readonly header: readonly [name: string, value: string];
}

const VECTORS: Readonly<Record<string, Vector>> = {
  standard: {
    source: 'https://github.com/standard-webhooks/standard-webhooks, libraries/*/ tests',
    sign: 'standard',
    secret: SECRET,
    message: STANDARD,
    header: ['webhook-signature', 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='],
  },
  svix: {
    source:
      'https://docs.svix.com/receiving/verifying-payloads/how-manual: the same scheme in headers of its own',
    sign: 'svix',
    secret: SECRET,
    message: STANDARD,
    header: ['svix-signature', 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='],
  },
  'standard-ed25519': {
    source:
      'https://github.com/standard-webhooks/standard-webhooks, libraries/go/webhook_asymmetric_test.go, TestAsymmetricWebhookSign',
    sign: 'standard-ed25519',
    secret: ED25519,
    message: STANDARD,
    header: [
      'webhook-signature',
      'v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag==',
    ],
  },
  github: {
    source:
      'https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation',
    sign: 'github',
    secret: "It's a Secret to Everybody",
    message: { body: 'Hello, World!' },
    header: [
      'x-hub-signature-256',
      'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    ],
  },
  slack: {
    source: 'https://docs.slack.dev/authentication/verifying-requests-from-slack',
    sign: 'slack',
    secret: '8f742231b10e8888abcd99yyyzzz85a5',
    message: { timestamp: 1_531_420_618, body: SLACK },
    header: ['x-slack-signature', 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503'],
  },
  shopify: {
    source: 'https://github.com/sqlpage/SQLPage, the test of its HMAC function for Shopify webhooks',
    sign: 'shopify',
    secret: 'test-webhook-secret',
    message: { body: '{"id":1234567890,"email":"customer@example.com","total_price":"123.45"}' },
    header: ['x-shopify-hmac-sha256', 'QNyObTlKbMx2qDlPF/ZOZcBqg5OgPg+2oky3zldc0Gw='],
  },
  'custom, sha1': {
    source: 'RFC 2202, section 3, test case 2',
    sign: { header: 'X-Sig', algorithm: 'sha1', encoding: 'hex', prefix: 'sha1=', content: 'body' },
    secret: RFC4231.secret,
    message: { body: RFC4231.body },
    header: ['x-sig', 'sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79'],
  },
  'custom, sha256': {
    source: 'RFC 4231, section 4.3',
    sign: { header: 'X-Sig', algorithm: 'sha256', encoding: 'hex', prefix: '', content: 'body' },
    secret: RFC4231.secret,
    message: { body: RFC4231.body },
    header: ['x-sig', '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'],
  },
  'custom, sha512 in base64': {
    source: 'RFC 4231, section 4.3',
    sign: { header: 'X-Sig', algorithm: 'sha512', encoding: 'base64', prefix: 'Bearer ', content: 'body' },
    secret: RFC4231.secret,
    message: { body: RFC4231.body },
    header: [
      'x-sig',
      `Bearer ${Buffer.from('164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737', 'hex').toString('base64')}`,
    ],
  },
};

for (const [name, { source, sign, secret, message, header }] of Object.entries(VECTORS)) {
  test(`published vector: ${name} (${source})`, () => {
    const whole = { id: 'evt_1', timestamp: 0, type: 'a.b', ...message };
    assert.equal(signer(sign, secret)(whole)[header[0]], header[1]);
  });
}

test('stripe: t, then a v1 for each secret over t.body, keyed with the whole text', () => {
  const message = { id: 'evt_1', timestamp: 1_492_774_577, body: RFC4231.body, type: 'a' };
  // RFC 4231 has no vector with a timestamp: what the library of Stripe says is in verifiers.test.ts.
  assert.match(
    signer('stripe', 'whsec_one', 'two')(message)['stripe-signature'] ?? '',
    /^t=1492774577,v1=[0-9a-f]{64},v1=[0-9a-f]{64}$/,
  );
});
