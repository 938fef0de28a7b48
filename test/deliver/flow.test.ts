import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, test } from 'node:test';
import { FakeClock, until } from '../fake-clock.ts';
import {
  delivery,
  dispatching,
  HOURS,
  MINUTES,
  receiver,
  SECONDS,
  state,
  targetOf,
  webhook,
} from './fixtures.ts';
import { MemoryStore } from './memory-store.ts';

describe('batches', () => {
  test('several events in one request, repeated in the same composition under the same id, one after another', async (context) => {
    const clock = new FakeClock();
    const { url, arrivals } = await receiver(context, clock, 500, 204);
    const batched = webhook({ url, batch: { max: 3, wait: SECONDS } });
    const { store, dispatcher, reports } = dispatching(context, [batched], { clock });
    store.owe(...[1, 2, 3, 4].map((sequence) => delivery(sequence)));
    dispatcher.wake();
    await until(() => reports.length === 1);
    await clock.advance(5 * SECONDS);
    await until(() => store.pending.length === 0);
    const sequences = arrivals.map(({ body }) =>
      (JSON.parse(body) as { data: { sequence: number } }[]).map(({ data }) => data.sequence),
    );
    assert.deepEqual(sequences, [[1, 2, 3], [1, 2, 3], [4]]);
    assert.equal(arrivals[0]?.id, arrivals[1]?.id);
    assert.notEqual(arrivals[1]?.id, arrivals[2]?.id);
    assert.equal(arrivals[0]?.body, arrivals[1]?.body);
    assert.deepEqual(
      reports.map(({ outcome, deliveries, settled }) => [outcome, deliveries.length, settled.length]),
      [
        ['failed', 3, 0],
        ['delivered', 3, 3],
        ['delivered', 1, 1],
      ],
    );
  });

  test('one that is not full waits for others', async (context) => {
    const clock = new FakeClock();
    const { url, arrivals } = await receiver(context, clock);
    const batched = webhook({ url, batch: { max: 3, wait: SECONDS } });
    const { store, dispatcher } = dispatching(context, [batched], { clock });
    store.owe(delivery(1, { created: clock.now() }));
    dispatcher.wake();
    await clock.advance(999);
    store.owe(delivery(2, { created: clock.now() }));
    dispatcher.wake();
    await clock.advance(0);
    assert.equal(arrivals.length, 0);
    await clock.advance(1);
    await until(() => store.pending.length === 0);
    assert.equal(arrivals.length, 1);
    assert.equal(arrivals[0]?.headers['pollhook-batch'], '2');
  });
});

test('a newer update takes the place of one that waits, which is counted and said', async (context) => {
  const clock = new FakeClock();
  const waiting: ServerResponse[] = [];
  const { url, ids } = await receiver(context, clock, (_request, response) => {
    waiting.push(response);
  });
  const superseding = webhook({ url, supersede: true });
  const { store, dispatcher, lines, withdrawn } = dispatching(context, [superseding], { clock });
  store.owe(delivery(1, { key: 'A' }));
  dispatcher.wake();
  await until(() => waiting.length === 1);
  store.owe(delivery(2, { key: 'A' }), delivery(3, { key: 'A' }), delivery(4, { key: 'B' }));
  dispatcher.wake();
  await until(() => waiting.length === 2);
  for (const response of waiting.splice(0)) response.end();
  await until(() => waiting.length === 1);
  waiting[0]?.end();
  await until(() => store.pending.length === 0);
  assert.deepEqual(ids(), ['evt_1', 'evt_4', 'evt_3']);
  assert.equal(store.delivery('agent/evt_2').state, 'superseded');
  assert.deepEqual(withdrawn, [['agent', 1]]);
  const said = lines.filter(({ event_id: id }) => id === 'evt_2');
  assert.deepEqual(
    said.map(({ webhook: name, source, by, msg }) => [name, source, by, msg]),
    [['agent', 'tickets', 'evt_3', 'superseded: a newer update of the same record is sent instead']],
  );
});

describe('by hand', () => {
  test('a pause survives a restart, and ends with everything that waited', async (context) => {
    const clock = new FakeClock();
    const { url, arrivals } = await receiver(context, clock);
    const first = dispatching(context, [webhook({ url })], { clock });
    assert.equal(await first.dispatcher.pause('agent'), true);
    assert.equal(await first.dispatcher.pause('nobody'), false);
    const { store } = first;
    store.owe(delivery(1), delivery(2));
    first.dispatcher.wake();
    await clock.advance(HOURS);
    assert.equal(first.dispatcher.holds('agent'), true);
    await first.dispatcher.stop(0);

    const second = dispatching(context, [webhook({ url })], { clock, store });
    second.dispatcher.wake();
    await clock.advance(HOURS);
    assert.equal(arrivals.length, 0);
    assert.match(String(second.lines[0]?.msg), /^2 deliveries waiting: the webhook is paused/);
    assert.equal(await second.dispatcher.resume('agent'), true);
    await until(() => store.pending.length === 0);
    assert.equal(second.dispatcher.holds('agent'), false);
    assert.equal((await store.memos()).size, 0);
    assert.equal(await second.dispatcher.resume('nobody'), false);
  });

  test('what a 410 held is tried once more without a restart', async (context) => {
    const clock = new FakeClock();
    const { url, arrivals } = await receiver(context, clock, 410, 410, 204);
    const { store, dispatcher, reports } = dispatching(context, [webhook({ url })], { clock });
    store.owe(delivery(1), delivery(2), delivery(3));
    dispatcher.wake();
    await until(() => reports.length === 3 && dispatcher.holds('agent'));
    const before = arrivals.length;
    store.owe(delivery(4));
    await dispatcher.resume('agent');
    await until(() => store.pending.length === 0);
    assert(arrivals.length > before);
    assert.equal(dispatcher.holds('agent'), false);
  });

  test('a pause that the receiver asked for is cut short', async (context) => {
    const clock = new FakeClock();
    const wait = { 'retry-after': '86400' };
    const { url } = await receiver(context, clock, (_, response) => response.writeHead(429, wait).end(), 204);
    const { store, dispatcher, reports } = dispatching(context, [webhook({ url })], { clock });
    store.owe(delivery(1));
    dispatcher.wake();
    await until(() => reports.length === 1);
    store.owe(delivery(2));
    await dispatcher.resume('agent');
    await until(() => store.pending.length === 0, 'also what met the pause is sent');
    await dispatcher.stop(0);

    store.owe(delivery(3));
    dispatching(context, [webhook({ url })], { clock, store });
    await until(() => store.pending.length === 0, 'a restart does not bring the pause back');
  });

  test('a failing webhook is probed at once', async (context) => {
    const clock = new FakeClock();
    const { url } = await receiver(context, clock);
    const store = new MemoryStore();
    const { dispatcher } = dispatching(context, [webhook({ url })], { clock, store });
    await clock.advance(0);
    const at = clock.now() + 15 * MINUTES;
    store.states.set('agent', state({ target: targetOf(url), failures: 9, probe: { at, failed: 4 } }));
    store.owe(delivery(1, { nextAttempt: clock.now() + HOURS }));
    await dispatcher.resume('agent');
    await clock.advance(HOURS);
    await until(() => store.pending.length === 0);
  });
});

test('a restart does not go around the rate', async (context) => {
  const clock = new FakeClock();
  const { url, arrivals } = await receiver(context, clock);
  const paced = [webhook({ url, rate: { count: 2, window: MINUTES } })];
  const store = new MemoryStore();
  store.owe(...[1, 2, 3, 4, 5].map((sequence) => delivery(sequence)));
  const start = clock.now();
  for (let restart = 0; restart < 3; restart += 1) {
    const { dispatcher } = dispatching(context, paced, { clock, store });
    await clock.advance(SECONDS);
    await until(() => store.claimed.size === 0);
    await dispatcher.stop(0);
  }
  assert.equal(arrivals.length, 2);
  dispatching(context, paced, { clock, store });
  for (let turn = 0; store.pending.length > 0 && turn < 300; turn += 1) {
    await clock.advance(SECONDS);
    await until(() => store.claimed.size === 0);
  }
  const times = arrivals.map(({ at }) => Math.round((at - start) / SECONDS));
  assert.deepEqual(times, [0, 0, 60, 60, 120]);
});
