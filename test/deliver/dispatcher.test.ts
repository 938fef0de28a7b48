import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { PollhookError } from '../../src/errors.ts';
import { Secret } from '../../src/lib/secret.ts';
import { FakeClock, until } from '../fake-clock.ts';
import {
  delivery,
  dispatching,
  HOURS,
  MINUTES,
  OTHER_SECRET,
  receiver,
  SECONDS,
  SECRET,
  state,
  targetOf,
  webhook,
} from './fixtures.ts';

/** Without what is said at the start. */
function attemptsIn<T extends { readonly attempt?: unknown }>(lines: readonly T[]): T[] {
  return lines.filter(({ attempt }) => attempt !== undefined);
}

import { MemoryStore } from './memory-store.ts';

const hang = () => undefined;

test('what is owed is sent, signed, recorded, logged and reported', async (context) => {
  const clock = new FakeClock(Date.now());
  const { url, arrivals } = await receiver(context, clock);
  const { dispatcher, store, lines, reports } = dispatching(context, [webhook({ url })], { clock });
  store.owe(delivery(1, { nextAttempt: clock.now() }));
  dispatcher.wake(['agent', 'a webhook that was removed']);
  await until(() => reports.length === 1);

  const [arrival] = arrivals;
  assert(arrival);
  new Webhook(SECRET).verify(arrival.body, arrival.headers as Record<string, string>);
  assert.equal(arrival.headers['pollhook-attempt'], '1');
  const settled = store.delivery('agent/evt_1');
  assert.deepEqual([settled.state, settled.attempts, settled.lastStatus], ['delivered', 1, 204]);
  const sent = { ...delivery(1, { nextAttempt: clock.now() }), attempts: 1 };
  assert.deepEqual(reports, [
    {
      at: clock.now(),
      deliveries: [sent],
      error: null,
      urgent: false,
      standing: state({ target: targetOf(url) }),
      webhook: 'agent',
      outcome: 'delivered',
      duration: 0,
      settled: [
        {
          delivery: sent,
          state: 'delivered',
          detectionToDelivery: clock.now() - settled.event.timestamp,
        },
      ],
      status: 204,
    },
  ]);
  assert.deepEqual(
    attemptsIn(lines).map(({ time, ...line }) => line),
    [
      {
        level: 30,
        webhook: 'agent',
        source: 'tickets',
        event_id: 'evt_1',
        attempt: 1,
        status: 204,
        duration_ms: 0,
        msg: 'delivered',
      },
    ],
  );
});

test('what was left from before is sent without a wake', async (context) => {
  const store = new MemoryStore();
  const clock = new FakeClock();
  store.owe(delivery(1), delivery(2));
  const { url } = await receiver(context, clock);
  dispatching(context, [webhook({ url })], { store, clock });
  await until(() => store.pending.length === 0);
});

test('a wake while the store is being asked is not slept over', async (context) => {
  const clock = new FakeClock();
  const { url, arrivals } = await receiver(context, clock);
  const store = new MemoryStore();
  let asked: (() => void) | null = null;
  store.claim = async (request) => {
    const claim = await MemoryStore.prototype.claim.call(store, request);
    asked?.();
    return claim;
  };
  const { dispatcher } = dispatching(context, [webhook({ url })], { clock, store });
  asked = () => {
    asked = null;
    store.owe(delivery(1));
    dispatcher.wake(['agent']);
  };
  await until(() => arrivals.length === 1, 'sent although no time passes');
});

test('both secrets of a rotation verify', async (context) => {
  const clock = new FakeClock(Date.now());
  const { url, arrivals } = await receiver(context, clock);
  const secret = [new Secret(SECRET), new Secret(OTHER_SECRET)];
  const { store, dispatcher } = dispatching(context, [webhook({ url, secret })], { clock });
  store.owe(delivery(1, { nextAttempt: 0 }));
  dispatcher.wake(['agent']);
  await until(() => arrivals.length === 1);
  for (const one of [SECRET, OTHER_SECRET]) {
    new Webhook(one).verify(arrivals[0]?.body ?? '', arrivals[0]?.headers as Record<string, string>);
  }
});

test('retries follow the schedule with the same id and body, then the event is dead', async (context) => {
  const clock = new FakeClock();
  const { url, arrivals } = await receiver(context, clock, 500);
  const { store, dispatcher, reports, lines } = dispatching(context, [webhook({ url })], { clock });
  store.owe(delivery(1));
  dispatcher.wake(['agent']);
  const start = clock.now();
  for (const [count, wait] of [5 * SECONDS, 5 * MINUTES, 30 * MINUTES].entries()) {
    await until(() => reports.length === count + 1);
    await clock.advance(wait - 1);
    assert.equal(arrivals.length, count + 1, 'never early');
    await clock.advance(1);
  }
  await until(() => reports.length === 4);
  assert.deepEqual(
    arrivals.map(({ at }) => at - start),
    [0, 5 * SECONDS, 5 * SECONDS + 5 * MINUTES, 5 * SECONDS + 35 * MINUTES],
  );
  assert.equal(new Set(arrivals.map(({ id, body }) => id + body)).size, 1);
  assert.deepEqual(
    arrivals.map(({ headers }) => headers['pollhook-attempt']),
    ['1', '2', '3', '4'],
  );
  assert.deepEqual(
    arrivals.map(({ headers }) => Number(headers['webhook-timestamp']) * 1000),
    arrivals.map(({ at }) => at),
  );
  assert.equal(store.delivery('agent/evt_1').state, 'dead');
  assert.equal(reports.at(-1)?.settled[0]?.state, 'dead');
  assert.deepEqual(
    attemptsIn(lines).map(({ msg }) => msg),
    [
      'failed: answered 500 Internal Server Error; next attempt in 5s (2 of 4)',
      'failed: answered 500 Internal Server Error; next attempt in 5m (3 of 4)',
      'failed: answered 500 Internal Server Error; next attempt in 30m (4 of 4)',
      'failed: answered 500 Internal Server Error; dead: kept, not retried automatically',
    ],
  );
});

test('events of one record wait for each other, other records do not', async (context) => {
  const clock = new FakeClock();
  const { url, ids } = await receiver(context, clock, 500, 204);
  const { store, dispatcher } = dispatching(context, [webhook({ url, concurrency: 1 })], { clock });
  store.owe(delivery(1, { key: 'A' }), delivery(2, { key: 'A' }), delivery(3, { key: 'B' }));
  dispatcher.wake(['agent']);
  await until(() => store.pending.length === 2);
  assert.deepEqual(ids(), ['evt_1', 'evt_3']);
  await clock.advance(5 * SECONDS);
  await until(() => store.pending.length === 0);
  assert.deepEqual(ids(), ['evt_1', 'evt_3', 'evt_1', 'evt_2']);
});

test('no more requests at once than the concurrency', async (context) => {
  const clock = new FakeClock();
  const waiting: ServerResponse[] = [];
  const { url, arrivals } = await receiver(context, clock, (_request, response) => {
    waiting.push(response);
  });
  const { store, dispatcher } = dispatching(context, [webhook({ url, concurrency: 3 })], { clock });
  store.owe(...[1, 2, 3, 4, 5].map((sequence) => delivery(sequence)));
  dispatcher.wake(['agent']);
  await until(() => waiting.length === 3);
  assert.equal(store.claimed.size, 3);
  waiting.shift()?.end();
  // A slot is free a moment after an answer, so that others that end share its durable write.
  await until(async () => {
    await clock.advance(1);
    return arrivals.length === 4;
  });
  assert.equal(store.claimed.size, 3);
  for (const response of waiting) response.end();
  await until(() => arrivals.length === 5);
});

test('attempts that end within a moment are recorded together, and none waits for one that hangs', async (context) => {
  const clock = new FakeClock();
  const waiting: ServerResponse[] = [];
  const { url } = await receiver(context, clock, (_request, response) => void waiting.push(response));
  const { store, dispatcher, lines } = dispatching(context, [webhook({ url, concurrency: 3 })], { clock });
  store.owe(...[1, 2, 3].map((sequence) => delivery(sequence)));
  dispatcher.wake(['agent']);
  await until(() => waiting.length === 3);
  const [first, second, third] = waiting;
  first?.end();
  second?.end();
  await until(() => lines.filter(({ msg }) => msg === 'delivered').length === 2);
  await clock.advance(0);
  assert.equal(store.settlements.length, 0);
  await clock.advance(1);
  assert.equal(store.settlements.length, 2);
  third?.end();
  // The last one under way has nobody to wait for.
  await until(() => store.settlements.length === 3);
});

test('a pause holds the whole webhook and ends by itself', async (context) => {
  const clock = new FakeClock();
  const { url, ids } = await receiver(
    context,
    clock,
    (_request, response) => response.writeHead(429, { 'retry-after': '120' }).end(),
    204,
  );
  const { store, dispatcher, reports } = dispatching(context, [webhook({ url, concurrency: 1 })], { clock });
  store.owe(delivery(1), delivery(2));
  dispatcher.wake(['agent']);
  await until(() => reports.length === 1);
  await clock.advance(2 * MINUTES - 1);
  dispatcher.wake(['agent']);
  await clock.advance(0);
  assert.equal(ids().length, 1);
  await clock.advance(1);
  await until(() => store.pending.length === 0);
  assert.equal(store.delivery('agent/evt_1').steps, 0);
});

test('a failing webhook is probed by one event at a time, and everything flows after a 2xx', async (context) => {
  const clock = new FakeClock();
  let works = false;
  const { url, arrivals, ids } = await receiver(context, clock, (_request, response) =>
    response.writeHead(works ? 204 : 503).end(),
  );
  const store = new MemoryStore();
  store.states.set('agent', state({ target: targetOf(url), failures: 4 }));
  store.owe(...[1, 2, 3, 4].map((sequence) => delivery(sequence)));
  const { reports, lines } = dispatching(context, [webhook({ url, concurrency: 1 })], { clock, store });
  await until(() => reports.length === 1);
  assert.deepEqual(store.states.get('agent')?.probe, { at: clock.now() + 30 * SECONDS, failed: 0 });

  for (const [probe, wait] of [30 * SECONDS, 1 * MINUTES, 2 * MINUTES, 4 * MINUTES].entries()) {
    await clock.advance(wait - 1);
    assert.equal(arrivals.length, 1 + probe, 'one at a time, never early');
    await clock.advance(1);
    await until(() => reports.length === 2 + probe);
  }
  // What is due earliest comes first; a step used up makes room for the next.
  assert.deepEqual(ids(), ['evt_1', 'evt_2', 'evt_3', 'evt_4', 'evt_1']);
  assert.deepEqual(
    store.all.map(({ steps }) => steps),
    [2, 1, 1, 1],
  );

  works = true;
  await clock.advance(8 * MINUTES);
  await until(() => reports.some(({ outcome }) => outcome === 'delivered'));
  await clock.advance(5 * MINUTES);
  await until(() => store.pending.length === 0);
  assert.deepEqual(store.states.get('agent'), state({ target: targetOf(url) }));
  const spoken = lines.map(({ msg }) => String(msg)).filter((msg) => /failing|works again/.test(msg));
  assert.equal(spoken.length, 2, spoken.join('\n'));
});

test('a dead receiver burns no schedule early', async (context) => {
  const clock = new FakeClock();
  const { url } = await receiver(context, clock, 500);
  const store = new MemoryStore();
  store.states.set(
    'agent',
    state({ target: targetOf(url), failures: 5, probe: { at: clock.now(), failed: 0 } }),
  );
  store.owe(delivery(1, { nextAttempt: clock.now() + 10 * HOURS, steps: 2 }));
  const { reports } = dispatching(context, [webhook({ url })], { clock, store });
  for (const [probes, wait] of [1, 2, 4, 8, 15, 15, 15, 15].entries()) {
    await until(() => reports.length === probes + 1);
    await clock.advance(wait * MINUTES);
  }
  assert.equal(store.delivery('agent/evt_1').steps, 2);
  assert.equal(store.delivery('agent/evt_1').nextAttempt, Date.parse('2026-11-21T19:30:00Z'));
});

test('410 holds the webhook; a restart tries once, and a 2xx releases everything', async (context) => {
  const clock = new FakeClock();
  const { url, arrivals } = await receiver(context, clock, 410, 410, 204);
  const settings = [webhook({ url, concurrency: 1 })];
  const store = new MemoryStore();
  store.owe(delivery(1), delivery(2));

  const first = dispatching(context, settings, { clock, store });
  await until(() => first.reports.length === 1);
  first.dispatcher.wake(['agent']);
  await clock.advance(25 * HOURS);
  assert.equal(arrivals.length, 1, 'held');
  assert.equal(store.states.get('agent')?.held?.reason, 'answered 410 Gone');
  await first.dispatcher.stop(0);

  const second = dispatching(context, settings, { clock, store });
  await until(() => second.reports.length === 1);
  await clock.advance(25 * HOURS);
  assert.equal(arrivals.length, 2, 'held again');
  await second.dispatcher.stop(0);

  dispatching(context, settings, { clock, store });
  await until(() => store.pending.length === 0);
  assert.equal(store.states.get('agent')?.held, null);
});

test('a disabled webhook holds its events', async (context) => {
  const clock = new FakeClock();
  const { url, arrivals } = await receiver(context, clock);
  const { store, dispatcher } = dispatching(context, [webhook({ url, enabled: false })], { clock });
  store.owe(delivery(1));
  dispatcher.wake(['agent']);
  await clock.advance(MINUTES);
  assert.equal(arrivals.length, 0);
  assert.equal(store.delivery('agent/evt_1').attempts, 0);
});

test('a receiver that hangs delays nobody else', async (context) => {
  const clock = new FakeClock();
  const [dead, good] = [await receiver(context, clock, hang), await receiver(context, clock)];
  const { store, dispatcher, reports } = dispatching(
    context,
    [webhook({ name: 'dead', url: dead.url }), webhook({ name: 'good', url: good.url })],
    { clock },
  );
  for (let sequence = 1; sequence <= 20; sequence += 1) {
    store.owe(delivery(sequence, { webhook: 'dead' }), delivery(sequence, { webhook: 'good' }));
  }
  dispatcher.wake(['dead', 'good']);
  await until(() => reports.length === 20 && dead.arrivals.length === 4);
  assert(
    reports.every((report) => report.webhook === 'good' && report.settled[0]?.detectionToDelivery === 0),
  );
  await clock.advance(15 * SECONDS);
  await until(() => reports.some(({ webhook: name, outcome }) => name === 'dead' && outcome === 'failed'));
});

test('no wait is longer than 30 seconds, so that a clock that was set is noticed', async (context) => {
  const clock = new FakeClock();
  const { url, arrivals } = await receiver(context, clock);
  const store = new MemoryStore();
  store.owe(delivery(1, { nextAttempt: clock.now() + 10 * HOURS }));
  const { dispatcher } = dispatching(context, [webhook({ url })], { clock, store });
  await clock.advance(1);
  clock.setWall(clock.now() + 11 * HOURS);
  await clock.advance(30 * SECONDS);
  await until(() => arrivals.length === 1);
  await dispatcher.stop(0);
});

test('stop waits for what is under way and takes nothing new', async (context) => {
  const clock = new FakeClock();
  const waiting: ServerResponse[] = [];
  const { url, arrivals } = await receiver(context, clock, (_request, response) => {
    waiting.push(response);
  });
  const { store, dispatcher } = dispatching(context, [webhook({ url, concurrency: 1 })], { clock });
  store.owe(delivery(1), delivery(2));
  dispatcher.wake(['agent']);
  await until(() => waiting.length === 1);
  let stopped = false;
  const stopping = dispatcher.stop(10 * SECONDS).then(() => {
    stopped = true;
  });
  await clock.advance(9 * SECONDS);
  assert.equal(stopped, false);
  waiting[0]?.end();
  await stopping;
  assert.equal(store.delivery('agent/evt_1').state, 'delivered');
  assert.equal(store.delivery('agent/evt_2').attempts, 0);
  assert.equal(arrivals.length, 1);
  assert.equal(clock.sleeping, 0, 'no timer is left');
});

test('after the grace what is unanswered is recorded as unknown and stays pending', async (context) => {
  const clock = new FakeClock();
  const { url, arrivals } = await receiver(context, clock, hang);
  const { store, dispatcher, lines } = dispatching(context, [webhook({ url })], { clock });
  store.owe(delivery(1));
  dispatcher.wake(['agent']);
  await until(() => arrivals.length === 1);
  const stopping = dispatcher.stop(10 * SECONDS);
  await clock.advance(10 * SECONDS);
  await stopping;
  const { state: standing, steps, attempts } = store.delivery('agent/evt_1');
  assert.deepEqual([standing, steps, attempts], ['pending', 0, 1]);
  assert.equal(store.attempts.get('agent/evt_1')?.[0]?.outcome, 'unknown');
  assert.equal(store.states.size, 0, 'says nothing about the webhook');
  assert.match(String(lines.at(-1)?.msg), /^stopped before an answer came/);
});

test('a state that cannot be written ends sending, quietly: the state tells the process', async (context) => {
  const clock = new FakeClock();
  const { url, arrivals } = await receiver(context, clock);
  const { store, dispatcher, reports } = dispatching(context, [webhook({ url, concurrency: 1 })], { clock });
  await clock.advance(0);
  store.owe(delivery(1), delivery(2));
  store.settle = () => {
    store.broken = new PollhookError('STATE_WRITE_FAILED', 'the disk is full');
    return Promise.reject(store.broken);
  };
  dispatcher.wake(['agent']);
  await until(() => arrivals.length === 1);
  await clock.advance(HOURS);
  dispatcher.wake(['agent']);
  await clock.advance(HOURS);
  assert.equal(arrivals.length, 1);
  assert.equal(reports.length, 0, 'what is not recorded is not counted');
  await dispatcher.stop(0);
});

test('lines never hold a body, a header value or a secret', async (context) => {
  const clock = new FakeClock();
  const { url } = await receiver(context, clock, (_request, response) =>
    response
      .writeHead(302, { location: `http://elsewhere/?token=${SECRET}`, 'x-hidden': 'header' })
      .end('answer'),
  );
  const headers = { 'x-token': new Secret('an own header') };
  const { store, dispatcher, lines } = dispatching(context, [webhook({ url, headers })], { clock });
  store.owe(delivery(1, { key: 'the-key' }));
  dispatcher.wake(['agent']);
  await until(() => store.settlements.length === 1);
  assert.doesNotMatch(JSON.stringify(lines), /whsec|own header|hidden|answer"|the-key|v1,/);
  assert.match(JSON.stringify([...store.attempts]), /token=\[secret\]/);
});

test('says at the start where something is owed, and why it may wait', async (context) => {
  const clock = new FakeClock();
  const { url } = await receiver(context, clock);
  const store = new MemoryStore();
  const names = ['left', 'off', 'gone', 'weak', 'removed'];
  for (const name of names) store.owe(delivery(1, { webhook: name }));
  store.states.set(
    'gone',
    state({ name: 'gone', target: targetOf(url), held: { since: 1, reason: 'answered 410' } }),
  );
  store.states.set('weak', state({ name: 'weak', target: targetOf(url), failures: 6 }));
  const settings = names.slice(0, 4).map((name) => webhook({ name, url, enabled: name !== 'off' }));
  const { dispatcher, lines } = dispatching(context, settings, { clock, store });
  await until(() => lines.length >= 5);
  assert.deepEqual(Object.fromEntries(lines.slice(0, 5).map(({ webhook: name, msg }) => [name, msg])), {
    left: '1 delivery waiting: left from before',
    off: '1 delivery waiting: the webhook is disabled; they are kept until it is enabled',
    gone: '1 delivery waiting: it was held (answered 410); one is tried now',
    weak: '1 delivery waiting: it failed 6 times in a row; one is tried now',
    removed:
      '1 delivery waiting: there is no such webhook in the configuration; they are kept until it returns',
  });
  assert.deepEqual(
    ['left', 'off', 'removed'].map((name) => dispatcher.holds(name)),
    [false, true, true],
  );
});
