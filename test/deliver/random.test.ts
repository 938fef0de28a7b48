import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import fc from 'fast-check';
import { FakeClock, until } from '../fake-clock.ts';
import { delivery, dispatching, MINUTES, receiver, SECONDS, webhook } from './fixtures.ts';

/** What a receiver does with a request: answers with a status (429 asks for a minute), hangs, or breaks the connection. */
type Behaviour = number | 'hang' | 'reset';
const behaviours = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom<Behaviour[]>(200, 204) },
  { weight: 3, arbitrary: fc.constantFrom<Behaviour[]>(302, 400, 404, 408, 500, 503, 429) },
  { weight: 1, arbitrary: fc.constantFrom<Behaviour[]>('hang', 'reset') },
);

const runs = fc.record({
  script: fc.array(behaviours, { maxLength: 25 }),
  keys: fc.array(fc.constantFrom('A', 'B', 'C'), { minLength: 1, maxLength: 12 }),
  order: fc.constantFrom('key' as const, 'webhook' as const, 'none' as const),
  concurrency: fc.integer({ min: 1, max: 4 }),
  /** What the receiver does when the script is over. */
  finally: fc.constantFrom<Behaviour[]>(204, 500),
});

test('whatever a receiver does, each event is delivered or dead, in order, never early, and delays no other webhook', async (context) => {
  await fc.assert(
    fc.asyncProperty(runs, async ({ script, keys, order, concurrency, finally: last }) => {
      const clock = new FakeClock();
      const queue = [...script];
      const hanging = new Set<ServerResponse>();
      const wild = await receiver(context, clock, (request, response) => {
        const behaviour = queue.shift() ?? last;
        if (behaviour === 'reset') {
          request.socket.resetAndDestroy();
        } else if (behaviour === 'hang') {
          hanging.add(response);
          request.socket.once('close', () => hanging.delete(response));
        } else {
          response.writeHead(behaviour, behaviour === 429 ? { 'retry-after': '60' } : {}).end();
        }
      });
      const good = await receiver(context, clock);
      const { dispatcher, store } = dispatching(
        context,
        [
          webhook({
            name: 'wild',
            url: wild.url,
            order,
            concurrency,
            retry: { schedule: [5 * SECONDS, MINUTES, 3 * MINUTES], permanent: [404] },
            probe: { first: 30 * SECONDS, factor: 2, max: 2 * MINUTES },
          }),
          webhook({ name: 'good', url: good.url }),
        ],
        { clock },
      );
      const owed = keys.map((key, index) => delivery(index + 1, { key, webhook: 'wild' }));
      const sure = keys.map((key, index) => delivery(index + 1, { key, webhook: 'good' }));
      const start = clock.now();
      store.owe(...owed, ...sure);
      dispatcher.wake(['wild', 'good']);

      const atRest = () => store.claimed.size === hanging.size;
      for (let turn = 0; store.pending.length > 0; turn += 1) {
        assert(turn < 2000, `still pending: ${store.pending.map(({ id }) => id)}`);
        await clock.advance(0);
        await until(atRest, 'requests under way are answered');
        await clock.advance(15 * SECONDS);
        await until(atRest, 'requests under way are answered');
      }
      await dispatcher.stop(0);

      assert(
        good.arrivals.every(({ at }) => at === start),
        'the other webhook was not delayed',
      );
      assert.equal(good.arrivals.length, keys.length);
      for (const { id, event } of owed) {
        const { state, attempts } = store.delivery(id);
        assert(state === 'delivered' || state === 'dead');
        const tries = store.attempts.get(id) ?? [];
        assert.equal(tries.length, attempts, 'every attempt is recorded');
        assert.equal(wild.arrivals.filter((arrival) => arrival.id === event.id).length, attempts);
        assert.equal(
          tries.findIndex(({ outcome }) => outcome === 'delivered'),
          state === 'delivered' ? attempts - 1 : -1,
        );
      }
      const streamOf = (key: string | undefined) => ({ key, webhook: '', none: null })[order];
      for (const stream of order === 'none' ? [] : new Set(keys.map(streamOf))) {
        const ids = owed
          .filter(({ event }) => streamOf(event.key ?? '') === stream)
          .map(({ event }) => event.id);
        const seen = wild.ids().filter((id) => ids.includes(id));
        assert.deepEqual(
          seen,
          seen.toSorted((a, b) => ids.indexOf(a) - ids.indexOf(b)),
          'order within a stream',
        );
      }
    }),
    { numRuns: 30 },
  );
});
