import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { PollhookError } from '../../src/errors.ts';
import { Secret } from '../../src/lib/secret.ts';
import { FakeClock, until } from '../fake-clock.ts';
import { delivery, dispatching, receiver, SECONDS, webhook } from './fixtures.ts';

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

test('one that was removed and returns while an attempt is under way waits for it', async (context) => {
  const clock = new FakeClock();
  const waiting: ServerResponse[] = [];
  const { url, arrivals } = await receiver(context, clock, (_, response) => waiting.push(response));
  const one = webhook({ url, concurrency: 1, order: 'none' });
  const { dispatcher, store } = dispatching(context, [one], { clock });
  store.owe(delivery(1), delivery(2));
  dispatcher.wake();
  await until(() => waiting.length === 1);
  const removed = dispatcher.configure(new Map());
  const returned = dispatcher.configure(new Map([['agent', { ...one }]]));
  await clock.advance(SECONDS);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(arrivals.length, 1);
  waiting[0]?.end();
  await Promise.all([removed, returned]);
  await until(() => waiting.length === 2);
  waiting[1]?.end();
  await until(() => store.pending.length === 0);
});

test('what failed at one url is tried at once at another', async (context) => {
  const clock = new FakeClock();
  const wrong = await receiver(context, clock, 404);
  const right = await receiver(context, clock, 204);
  const { dispatcher, store } = dispatching(context, [webhook({ url: wrong.url })], { clock });
  store.owe(delivery(1), delivery(2), delivery(3, { batch: 'batch_1' }));
  dispatcher.wake();
  await until(() => store.settlements.length === 3);
  await dispatcher.configure(new Map([['agent', webhook({ url: right.url })]]));
  await until(() => right.arrivals.length === 2);
  assert.deepEqual(right.ids().sort(), ['evt_1', 'evt_2']);
  await clock.advance(5 * SECONDS);
  await until(() => store.pending.length === 0, 'the batch at its time');
});
