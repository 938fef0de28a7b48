import assert from 'node:assert/strict';
import { verify as verifyBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { verify as verifyGithub, verifyWithFallback } from '@octokit/webhooks-methods';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import Stripe from 'stripe';
import { Webhook as SvixWebhook } from 'svix';
import type { PresetName } from '../../../src/lib/signing/presets.ts';
import { ED25519, OTHER_SECRET, publicKeyOf, SECRET, SEED, signedNow } from './messages.ts';

interface Arrived {
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** Code that others wrote; throws or gives false when it does not believe the message. */
type Verifier = (secret: string, message: Arrived) => unknown;

interface Case {
  readonly preset: PresetName;
  readonly verify: Verifier;
  readonly secrets: readonly [string, string];
  /** Whether the verifier accepts either of two secrets that the sender has. */
  readonly rotates: boolean;
}

const STRANGER = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;

const CASES: Readonly<Record<string, Case>> = {
  'standardwebhooks verifies standard': {
    preset: 'standard',
    verify: (secret, { headers, body }) => new Webhook(secret).verify(body, headers),
    secrets: [SECRET, OTHER_SECRET],
    rotates: true,
  },
  'svix verifies standard': {
    preset: 'standard',
    verify: (secret, { headers, body }) => new SvixWebhook(secret).verify(body, headers),
    secrets: [SECRET, OTHER_SECRET],
    rotates: true,
  },
  'svix verifies svix': {
    preset: 'svix',
    verify: (secret, { headers, body }) => {
      const { 'webhook-id': _id, 'webhook-timestamp': _timestamp, ...own } = headers;
      return new SvixWebhook(secret).verify(body, own);
    },
    secrets: [SECRET, OTHER_SECRET],
    rotates: true,
  },
  'stripe verifies stripe': {
    preset: 'stripe',
    verify: (secret, { headers, body }) =>
      Stripe.webhooks.constructEvent(body, headers['stripe-signature'] ?? '', secret),
    secrets: [SECRET, 'plain text of twenty-four bytes'],
    rotates: true,
  },
  '@octokit/webhooks-methods verifies github': {
    preset: 'github',
    verify: (secret, { headers, body }) => verifyGithub(secret, body, headers['x-hub-signature-256'] ?? ''),
    secrets: [SECRET, 'plain text of twenty-four bytes'],
    rotates: false,
  },
};

async function believes(verify: Verifier, secret: string, message: Arrived): Promise<boolean> {
  try {
    return (await verify(secret, message)) !== false;
  } catch {
    return false;
  }
}

for (const [name, { preset, verify, secrets, rotates }] of Object.entries(CASES)) {
  const [first, second] = secrets;
  describe(name, () => {
    test('and nothing that was altered, or signed with another secret', async () => {
      const message = signedNow(preset, [first], '{"a":"ä"}');
      assert.ok(await believes(verify, first, message));
      assert.ok(!(await believes(verify, first, { ...message, body: '{"a":"b"}' })));
      assert.ok(!(await believes(verify, first, { ...message, body: '{"a": "ä"}' })));
      assert.ok(!(await believes(verify, STRANGER, message)));
    });

    test(rotates ? 'with either secret of a rotation' : 'with the first of several secrets', async () => {
      const message = signedNow(preset, [first, second], '{}');
      assert.ok(await believes(verify, first, message));
      assert.equal(await believes(verify, second, message), rotates);
    });

    test('whatever the body', async () => {
      // Stripe wants a JSON object and the others take any; lone surrogates are escaped by JSON.stringify.
      const bodies = fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify(value));
      await fc.assert(
        fc.asyncProperty(bodies, async (body) => believes(verify, first, signedNow(preset, [first], body))),
        { numRuns: 50 },
      );
      const large = JSON.stringify({ text: 'ä🚀'.repeat(200_000) });
      assert.ok(await believes(verify, first, signedNow(preset, [first], large)));
    });
  });
}

test('octokit with fallback secrets verifies while the sender goes from one to the other', async () => {
  const { headers, body } = signedNow('github', ['new secret', 'old secret'], '{}');
  assert.ok(
    await verifyWithFallback('old secret', body, headers['x-hub-signature-256'] ?? '', ['new secret']),
  );
});

test('node:crypto verifies Ed25519 with the public key', () => {
  fc.assert(
    fc.property(fc.json(), (body) => {
      const { headers, timestamp } = signedNow('standard-ed25519', [ED25519], body);
      const [version, signature = ''] = (headers['webhook-signature'] ?? '').split(',');
      assert.equal(version, 'v1a');
      const content = Buffer.from(`evt_1.${timestamp}.${body}`);
      return verifyBytes(null, content, publicKeyOf(SEED), Buffer.from(signature, 'base64'));
    }),
    { numRuns: 20 },
  );
});

test('both versions of Standard Webhooks in one header satisfy verifiers of the first', () => {
  const ways = ['standard', 'standard-ed25519'] as const;
  const { headers, body } = signedNow(ways, [SECRET, ED25519], '{}');
  assert.match(headers['webhook-signature'] ?? '', /^v1,\S+ v1a,\S+$/);
  assert.doesNotThrow(() => new Webhook(SECRET).verify(body, headers));
});

test('one message satisfies the verifiers of all presets', async () => {
  const presets = ['standard', 'github', 'stripe', 'svix'] as const;
  const message = signedNow(presets, [SECRET], '{"a":1}');
  for (const { preset, verify } of Object.values(CASES)) {
    assert.ok(await believes(verify, SECRET, message), preset);
  }
});
