import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { PollhookError } from '../../../src/errors.ts';
import {
  type CustomSign,
  PRESET_NAMES,
  presetOf,
  type Sign,
  signName,
} from '../../../src/lib/signing/presets.ts';
import { ED25519, MESSAGE, OTHER_SECRET, SECRET, signer } from './messages.ts';

test('the first secret signs first', () => {
  const [first, second] = [
    signer('standard', SECRET)(MESSAGE),
    signer('standard', OTHER_SECRET)(MESSAGE),
  ].map((one) => one['webhook-signature']);
  assert.equal(signer('standard', SECRET, OTHER_SECRET)(MESSAGE)['webhook-signature'], `${first} ${second}`);
});

test('sign: none sends no signature', () => {
  assert.deepEqual(signer([])(MESSAGE), {});
});

test('the name of the preset decides how a secret is read, not its prefix', () => {
  const decoded = Buffer.from(SECRET.slice(6), 'base64');
  const key = (header: string, content: string, key: Buffer | string, encoding: 'hex' | 'base64') => [
    header,
    createHmac('sha256', key).update(content).digest(encoding),
  ];
  const { body, timestamp, id } = MESSAGE;
  const expected = {
    standard: key('webhook-signature', `${id}.${timestamp}.${body}`, decoded, 'base64'),
    svix: key('svix-signature', `${id}.${timestamp}.${body}`, decoded, 'base64'),
    stripe: key('stripe-signature', `${timestamp}.${body}`, SECRET, 'hex'),
    github: key('x-hub-signature-256', body, SECRET, 'hex'),
    shopify: key('x-shopify-hmac-sha256', body, SECRET, 'base64'),
    slack: key('x-slack-signature', `v0:${timestamp}:${body}`, SECRET, 'hex'),
  };
  for (const [preset, [header = '', signature = '']] of Object.entries(expected)) {
    const value = signer(preset as Sign, SECRET)(MESSAGE)[header] ?? '';
    assert.ok(value.endsWith(signature), `${preset}: ${value}`);
  }
});

test('github names the event and the delivery', () => {
  const { 'x-github-event': event, 'x-github-delivery': delivery } = signer('github', SECRET)(MESSAGE);
  assert.deepEqual([event, delivery], ['tickets.updated', 'evt_1']);
});

for (const sign of PRESET_NAMES) {
  test(`${sign} writes the headers that the configuration keeps free for it`, () => {
    const secret = sign === 'standard-ed25519' ? ED25519 : SECRET;
    assert.deepEqual(Object.keys(signer(sign, secret)(MESSAGE)), presetOf(sign).headers);
  });
}

const CUSTOM: CustomSign = {
  header: 'X-Signature',
  algorithm: 'sha256',
  encoding: 'hex',
  prefix: '',
  content: 'body',
};
const contents = {
  body: '{"a":1}',
  'timestamp.body': '1614265330.{"a":1}',
  'id.timestamp.body': 'evt_1.1614265330.{"a":1}',
} as const;
for (const [content, signed] of Object.entries(contents)) {
  test(`custom: ${content}`, () => {
    const sign = { ...CUSTOM, content: content as keyof typeof contents };
    assert.deepEqual(signer(sign, SECRET)(MESSAGE), {
      'x-signature': createHmac('sha256', SECRET).update(signed).digest('hex'),
    });
  });
}

test('several ways at once, each by its own rule', () => {
  const headers = signer(['github', CUSTOM, 'shopify'], SECRET)(MESSAGE);
  const hex = createHmac('sha256', SECRET).update(MESSAGE.body).digest('hex');
  assert.equal(headers['x-hub-signature-256'], `sha256=${hex}`);
  assert.equal(headers['x-signature'], hex);
  assert.equal(headers['x-shopify-hmac-sha256'], Buffer.from(hex, 'hex').toString('base64'));
});

test('shared and Ed25519 secrets go to the ways that can use them', () => {
  const both = signer(['standard-ed25519', 'standard'], SECRET, ED25519)(MESSAGE)['webhook-signature'];
  const alone = [signer('standard-ed25519', ED25519), signer('standard', SECRET)].map(
    (sign) => sign(MESSAGE)['webhook-signature'],
  );
  assert.equal(both, alone.join(' '));
});

const refused: Record<string, readonly [sign: Sign | readonly Sign[], ...secrets: string[]]> = {
  'no secret': ['standard'],
  'an empty secret': ['standard', ''],
  'an empty text': ['github', ''],
  'a short secret': ['standard', `whsec_${Buffer.alloc(23).toString('base64')}`],
  'a long secret': ['svix', `whsec_${Buffer.alloc(65).toString('base64')}`],
  'not base64': ['standard', 'whsec_!!!!not-base64-at-all-but-long-enough!!!!'],
  'the second one bad': ['standard', SECRET, 'whsec_c2hvcnQ='],
  'a shared secret for Ed25519': ['standard-ed25519', SECRET],
  'none for one of two ways': [['standard', 'standard-ed25519'], SECRET],
};
for (const [name, [sign, ...secrets]] of Object.entries(refused)) {
  test(`refused without showing it: ${name}`, () => {
    assert.throws(
      () => signer(sign, ...secrets),
      (error) =>
        error instanceof PollhookError &&
        error.code === 'CONFIG_INVALID' &&
        error.message.startsWith('webhooks.agent.secret ') &&
        !secrets.some((secret) => secret !== '' && error.message.includes(secret.slice(6))),
    );
  });
}

test('ways are called by their preset, or by their header', () => {
  assert.deepEqual(['github' as const, CUSTOM].map(signName), ['github', 'X-Signature']);
});
