import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PollhookError } from '../../src/errors.ts';
import { Secret } from '../../src/lib/secret.ts';
import { FakeClock, until } from '../fake-clock.ts';
import { delivery, dispatching, receiver, webhook } from './fixtures.ts';

test('a webhook that cannot be used is refused at once, and the others go on as they were', async (context) => {
  const clock = new FakeClock();
  const { url } = await receiver(context, clock);
  const old = webhook({ url });
  const { dispatcher, store, reports } = dispatching(context, [old], { clock });
  const other = webhook({ url, name: 'other', secret: [new Secret('whsec_!')] });
  const next = new Map([
    ['agent', webhook({ url: 'http://127.0.0.1:9/' })],
    ['other', other],
  ]);
  assert.throws(
    () => dispatcher.configure(next),
    (error) => error instanceof PollhookError && error.code === 'CONFIG_INVALID',
  );
  store.owe(delivery(1, { nextAttempt: clock.now() }));
  dispatcher.wake(['agent']);
  await until(() => reports.length === 1);
  assert.equal(store.delivery('agent/evt_1').state, 'delivered');
});
