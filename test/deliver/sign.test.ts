import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { createSigner } from '../../src/deliver/sign.ts';
import { PollhookError } from '../../src/errors.ts';
import { Secret } from '../../src/lib/secret.ts';
import { OTHER_SECRET, SECRET } from './fixtures.ts';

function signer(...secrets: string[]) {
  return createSigner({ name: 'agent', sign: 'standard', secret: secrets.map((one) => new Secret(one)) });
}

function signed(secrets: readonly string[], id: string, timestamp: number, body: string) {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    ...signer(...secrets)({ id, timestamp, body }),
  };
}

const verifiers = {
  standardwebhooks: (secret: string, body: string, headers: Record<string, string>) =>
    new Webhook(secret).verify(body, headers),
  svix: (secret: string, body: string, headers: Record<string, string>) =>
    new SvixWebhook(secret).verify(body, headers),
};

test('the published vector', () => {
  const message = {
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestamp: 1614265330,
    body: '{"test": 2432232314}',
  };
  assert.deepEqual(signer(SECRET)(message), {
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

for (const [library, verify] of Object.entries(verifiers)) {
  test(`${library} verifies text of every kind`, () => {
    const now = Math.floor(Date.now() / 1000);
    for (const body of ['{}', '{"ä":"漢字 🚀"}', `{"long":"${'x'.repeat(100_000)}"}`]) {
      verify(SECRET, body, signed([SECRET], 'evt_1', now, body));
    }
  });

  test(`${library} verifies with either secret of a rotation, and with no other`, () => {
    const now = Math.floor(Date.now() / 1000);
    const headers = signed([SECRET, OTHER_SECRET], 'evt_1', now, '{}');
    verify(SECRET, '{}', headers);
    verify(OTHER_SECRET, '{}', headers);
    const stranger = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
    assert.throws(() => verify(stranger, '{}', headers));
    assert.throws(() => verify(SECRET, '{ }', headers));
  });
}

test('the first secret signs first', () => {
  const message = { id: 'evt_1', timestamp: 1, body: '{}' };
  const [first, second] = [signer(SECRET)(message), signer(OTHER_SECRET)(message)].map(
    (one) => one['webhook-signature'],
  );
  assert.equal(signer(SECRET, OTHER_SECRET)(message)['webhook-signature'], `${first} ${second}`);
});

test('a secret without prefix is used as its bytes', () => {
  const secret = 'a plain passphrase, long enough';
  const now = Math.floor(Date.now() / 1000);
  new Webhook(secret, { format: 'raw' }).verify('{}', signed([secret], 'evt_1', now, '{}'));
});

test('sign: none sends no signature', () => {
  assert.deepEqual(
    createSigner({ name: 'a', sign: 'none', secret: [] })({ id: '1', timestamp: 1, body: '' }),
    {},
  );
});

const refused: Record<string, readonly string[]> = {
  'no secret': [],
  'an empty secret': [''],
  'a short secret': [`whsec_${Buffer.alloc(23).toString('base64')}`],
  'a long secret': [`whsec_${Buffer.alloc(65).toString('base64')}`],
  'not base64': ['whsec_!!!!not-base64-at-all-but-long-enough!!!!'],
  'the second one bad': [SECRET, 'whsec_c2hvcnQ='],
};
for (const [name, secrets] of Object.entries(refused)) {
  test(`refused without showing it: ${name}`, () => {
    assert.throws(
      () => signer(...secrets),
      (error) =>
        error instanceof PollhookError &&
        error.code === 'CONFIG_INVALID' &&
        error.message.startsWith('webhooks.agent.secret ') &&
        !secrets.some((secret) => secret !== '' && error.message.includes(secret.slice(6))),
    );
  });
}
