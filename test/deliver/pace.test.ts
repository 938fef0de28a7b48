import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createPace, paceMemo } from '../../src/deliver/pace.ts';
import { FakeClock, until } from '../fake-clock.ts';
import { delivery, dispatching, MINUTES, receiver, SECONDS, webhook } from './fixtures.ts';
import { MemoryStore } from './memory-store.ts';

async function paced(count: number, clock: FakeClock, store = new MemoryStore()) {
  const memo = (await store.memos()).get(paceMemo('agent'));
  return createPace({ name: 'agent', rate: { count, window: SECONDS } }, memo, store, clock);
}

test('without a rate there is always room', () => {
  const pace = createPace({ name: 'agent', rate: undefined }, undefined, new MemoryStore(), new FakeClock());
  pace.begin(1_000_000);
  assert.equal(pace.room(), Number.POSITIVE_INFINITY);
});

test('all of a window at once, then the next when the first is a window old', async () => {
  const clock = new FakeClock();
  const pace = await paced(3, clock);
  const start = clock.monotonic();
  pace.begin(3);
  assert.deepEqual([pace.room(), pace.opens()], [0, Number.POSITIVE_INFINITY], 'none has ended');
  pace.end();
  pace.end();
  await clock.advance(400);
  pace.end();
  assert.deepEqual([pace.room(), pace.opens() - start], [0, 1001]);
  await clock.advance(601);
  assert.equal(pace.room(), 2);
  await clock.advance(400);
  assert.equal(pace.room(), 3);
});

test('after a stop everything is known, after a kill what was under way counts as sent just now', async () => {
  const clock = new FakeClock();
  const store = new MemoryStore();
  const before = await paced(2, clock, store);
  before.begin(2);
  before.end();
  before.end();
  await before.close();
  await clock.advance(900);
  assert.equal((await paced(2, clock, store)).room(), 0);
  await clock.advance(101);
  const pace = await paced(2, clock, store);
  assert.equal(pace.room(), 2);
  pace.begin(2);
  await clock.advance(10_000);
  assert.equal((await paced(2, clock, store)).room(), 0);
});

test('wherever requests arrive and whenever the process is killed, no window has more than the rate', async () => {
  const step = fc.record({
    wait: fc.nat(300),
    wanted: fc.nat(90),
    takes: fc.nat(200),
    end: fc.constantFrom('goes on', 'goes on', 'is killed'),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 170 }),
      fc.array(step, { maxLength: 40 }),
      async (count, steps) => {
        const clock = new FakeClock();
        const store = new MemoryStore();
        let pace = await paced(count, clock, store);
        const arrivals: number[] = [];
        for (const { wait, wanted, takes, end } of steps) {
          await clock.advance(wait);
          if (end === 'is killed') pace = await paced(count, clock, store);
          const taken = Math.min(wanted, pace.room());
          pace.begin(taken);
          await clock.advance(takes);
          const now = clock.monotonic();
          for (let one = 0; one < taken; one += 1) {
            // At the first or the last instant.
            arrivals.push(one % 2 === 0 ? now : now - takes);
            pace.end();
          }
        }
        for (const at of arrivals) {
          const inWindow = arrivals.filter((other) => other >= at && other < at + SECONDS).length;
          assert(inWindow <= count, `${inWindow} of ${count}`);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('a webhook keeps to its rate, retries included', async (context) => {
  const clock = new FakeClock();
  const { url, arrivals } = await receiver(context, clock, 500, 204);
  const paced = webhook({ url, rate: { count: 3, window: MINUTES } });
  const { store, dispatcher } = dispatching(context, [paced], { clock });
  const start = clock.now();
  store.owe(...[1, 2, 3, 4, 5].map((sequence) => delivery(sequence)));
  dispatcher.wake(['agent']);
  await until(() => store.settlements.length === 3);
  await clock.advance(59 * SECONDS);
  assert.equal(arrivals.length, 3);
  for (let turn = 0; store.pending.length > 0 && turn < 100; turn += 1) {
    await clock.advance(SECONDS);
    await until(() => store.claimed.size === 0);
  }
  assert.deepEqual(
    arrivals.map(({ at }) => at - start),
    [0, 0, 0, MINUTES + 1, MINUTES + 1, MINUTES + 1],
  );
});

test('one that hangs holds up no more than its own part of the rate', async (context) => {
  const clock = new FakeClock();
  const { url, arrivals } = await receiver(context, clock, 204, () => undefined);
  const rate = { count: 2, window: SECONDS };
  const { store, dispatcher } = dispatching(context, [webhook({ url, rate, concurrency: 3 })], { clock });
  store.owe(delivery(1));
  dispatcher.wake();
  await until(() => store.delivery('agent/evt_1').state === 'delivered');
  store.owe(delivery(2, { key: 'B' }), delivery(3, { key: 'C' }));
  dispatcher.wake();
  await until(() => arrivals.length === 2);
  await clock.advance(SECONDS + 1);
  await until(() => arrivals.length === 3, 'the next one while the second hangs');
});
