import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, until } from '../fake-clock.ts';
import { delivery, dispatching, receiver, webhook } from './fixtures.ts';

test('an event of which no body can be made is a dead letter; the others go out and the receiver is not blamed', async (context) => {
  const clock = new FakeClock();
  const { url, arrivals, ids } = await receiver(context, clock);
  const format = {
    body: '{ "text": data.current.title & "!", "n": $number(data.key) }',
    content_type: 'application/json',
  };
  const { dispatcher, store, lines, reports } = dispatching(context, [webhook({ url, format })], { clock });
  // More than the failed attempts after which a webhook is failing.
  const keys = ['a', 'b', 'c', 'd', 'e', 'f', '7', '8'];
  store.owe(...keys.map((key, index) => delivery(index + 1, { key, nextAttempt: clock.now() })));
  dispatcher.wake(['agent']);
  await until(() => reports.length === keys.length);

  assert.deepEqual(ids().sort(), ['evt_7', 'evt_8']);
  assert.deepEqual(arrivals.map(({ body }) => body).sort(), ['{"text":"!","n":7}', '{"text":"!","n":8}']);
  assert.deepEqual(store.all.filter((one) => one.state === 'dead').length, 6);
  assert.equal(store.states.get('agent'), undefined);
  const [attempt] = store.attempts.get('agent/evt_1') ?? [];
  assert.deepEqual([attempt?.outcome, attempt?.status], ['failed', null]);
  assert.match(attempt?.error ?? '', /^the expression in format\.body failed: .*at character 49/);
  const line = lines.find((one) => one.event_id === 'evt_1');
  assert.deepEqual([line?.level, line?.err], [40, 'DELIVERY_BODY']);
  assert.match(String(line?.msg), /^failed: the expression .*; dead: kept, not retried automatically$/);
});
