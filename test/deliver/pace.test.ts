import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createPace } from '../../src/deliver/pace.ts';
import { FakeClock, until } from '../fake-clock.ts';
import { delivery, dispatching, MINUTES, receiver, SECONDS, webhook } from './fixtures.ts';

test('without a rate there is always room', () => {
  const pace = createPace(undefined, null);
  pace.take(1_000_000, 5);
  assert.equal(pace.room(5), Number.POSITIVE_INFINITY);
});

test('all of a window at once, then the next when the first is a window old', () => {
  const pace = createPace({ count: 3, window: 1000 }, null);
  assert.equal(pace.room(0), 3);
  pace.take(2, 0);
  pace.take(1, 400);
  assert.deepEqual([pace.room(999), pace.opens()], [0, 1000]);
  assert.equal(pace.room(1000), 2);
  assert.equal(pace.room(1400), 3);
});

test('a restart goes on at an even pace', () => {
  const pace = createPace({ count: 4, window: 1000 }, 0);
  assert.deepEqual([pace.room(0), pace.opens()], [0, 250]);
  assert.deepEqual(
    [250, 500, 999, 1000].map((now) => pace.room(now)),
    [1, 2, 3, 4],
  );
  assert.equal(createPace({ count: 4, window: 1000 }, -1000).room(0), 4, 'long ago');
});

test('whoever takes what room there is, no window ever has more than the rate', () => {
  const takes = fc.array(fc.tuple(fc.nat(400), fc.nat(5)), { maxLength: 60 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 7 }), takes, (count, steps) => {
      const pace = createPace({ count, window: 1000 }, null);
      const begun: number[] = [];
      let now = 0;
      for (const [wait, wanted] of steps) {
        now += wait;
        const taken = Math.min(wanted, pace.room(now));
        pace.take(taken, now);
        begun.push(...Array.from({ length: taken }, () => now));
        const recent = begun.filter((at) => at > now - 1000).length;
        assert(recent <= count);
        assert.equal(pace.room(now), count - recent, 'and none is wasted');
        assert.equal(pace.opens() <= now, pace.room(now) > 0);
      }
    }),
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
    [0, 0, 0, MINUTES, MINUTES, MINUTES],
  );
});
