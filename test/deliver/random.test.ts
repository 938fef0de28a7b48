import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { WebhookConfig } from '../../src/config/document.ts';
import { FakeClock, until } from '../fake-clock.ts';
import { delivery, dispatching, HOURS, MINUTES, receiver, SECONDS, webhook } from './fixtures.ts';

/** What a receiver does with a request: answers with a status, asks for so many seconds, hangs, or breaks the connection. */
type Behaviour = number | { readonly wait: number } | 'hang' | 'reset';
const behaviours = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom<Behaviour[]>(200, 204) },
  { weight: 3, arbitrary: fc.constantFrom<Behaviour[]>(302, 400, 404, 408, 429, 500, 503) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 200 }).map((wait): Behaviour => ({ wait })) },
  { weight: 1, arbitrary: fc.constantFrom<Behaviour[]>('hang', 'reset') },
);

const wildOnes = fc.record({
  script: fc.array(behaviours, { maxLength: 25 }),
  /** While it is down, seconds from the start, every request hangs, breaks or is answered 503. */
  outage: fc.record({
    from: fc.nat(120),
    length: fc.nat(1200),
    way: fc.constantFrom<Behaviour[]>('hang', 'reset', 503),
  }),
  keys: fc.array(fc.constantFrom('A', 'B', 'C'), { minLength: 1, maxLength: 8 }),
  order: fc.constantFrom('key' as const, 'webhook' as const, 'none' as const),
  supersede: fc.boolean(),
  concurrency: fc.integer({ min: 1, max: 4 }),
  rate: fc.option(fc.record({ count: fc.integer({ min: 1, max: 3 }), window: fc.constant(MINUTES) }), {
    nil: undefined,
  }),
  /** What it does when the script is over. */
  finally: fc.constantFrom<Behaviour[]>(204, 500),
});
type Wild = typeof wildOnes extends fc.Arbitrary<infer T> ? T : never;

const SCHEDULE = [5 * SECONDS, MINUTES, 3 * MINUTES];

async function wildReceiver(context: TestContext, clock: FakeClock, { script, outage, finally: last }: Wild) {
  const start = clock.now();
  const queue = [...script];
  const hanging = new Set<ServerResponse>();
  /** Which requests it answered with `Retry-After`. */
  const pauses: { id: unknown; attempt: number; wait: number }[] = [];
  const isDown = () => {
    const since = (clock.now() - start) / SECONDS - outage.from;
    return since >= 0 && since < outage.length;
  };
  const behave = (request: IncomingMessage, response: ServerResponse) => {
    const behaviour = isDown() ? outage.way : (queue.shift() ?? last);
    if (behaviour === 'reset') {
      request.socket.resetAndDestroy();
    } else if (behaviour === 'hang') {
      hanging.add(response);
      request.socket.once('close', () => hanging.delete(response));
    } else if (typeof behaviour === 'number') {
      response.writeHead(behaviour).end();
    } else {
      const { 'webhook-id': id, 'pollhook-attempt': attempt } = request.headers;
      pauses.push({ id, attempt: Number(attempt), wait: behaviour.wait * SECONDS });
      response.writeHead(429, { 'retry-after': String(behaviour.wait) }).end();
    }
  };
  return { ...(await receiver(context, clock, behave)), hanging, pauses };
}

test('whatever receivers do, each event is delivered, superseded or dead, in order, never early, and delays nobody else', async (context) => {
  await fc.assert(
    fc.asyncProperty(fc.array(wildOnes, { minLength: 1, maxLength: 3 }), async (wild) => {
      const clock = new FakeClock();
      const start = clock.now();
      const good = await receiver(context, clock);
      const receivers = await Promise.all(wild.map((one) => wildReceiver(context, clock, one)));
      const webhooks: WebhookConfig[] = wild.map(({ order, supersede, concurrency, rate }, at) =>
        webhook({
          name: `wild${at}`,
          url: receivers[at]?.url ?? '',
          order,
          supersede: supersede && order === 'key',
          concurrency,
          rate,
          retry: { schedule: SCHEDULE, permanent: [404] },
          probe: { first: 30 * SECONDS, factor: 2, max: 2 * MINUTES },
        }),
      );
      const { dispatcher, store } = dispatching(
        context,
        [...webhooks, webhook({ name: 'good', url: good.url })],
        {
          clock,
        },
      );
      const owed = wild.map(({ keys }, at) =>
        keys.map((key, index) => delivery(index + 1, { key, webhook: `wild${at}` })),
      );
      store.owe(...owed.flat());
      dispatcher.wake(webhooks.map(({ name }) => name));

      const hanging = () => receivers.reduce((sum, one) => sum + one.hanging.size, 0);
      // What has ended is recorded a moment later, if others are under way.
      const atRest = async () => {
        await clock.advance(1);
        return store.claimed.size === hanging();
      };
      for (let turn = 1; store.pending.length > 0; turn += 1) {
        assert(turn < 3000, `still pending: ${store.pending.map(({ id }) => id)}`);
        // One event for the good receiver at every turn: it arrives although no time passes.
        store.owe(delivery(turn, { webhook: 'good' }));
        dispatcher.wake(['good']);
        await until(() => good.arrivals.length === turn, 'the good one is served');
        assert.equal(good.arrivals.at(-1)?.at, clock.now());
        await until(atRest, 'requests are answered');
        await clock.advance(15 * SECONDS);
        await until(atRest, 'requests under way are answered');
      }
      await dispatcher.stop(0);
      assert(clock.now() - start < 12 * HOURS);

      for (const [at, one] of receivers.entries()) {
        const { arrivals, pauses } = one;
        const { order, supersede, keys, rate } = wild[at] as Wild;
        for (const { id, event } of owed[at] ?? []) {
          const { state, attempts } = store.delivery(id);
          assert(state === 'delivered' || state === 'dead' || (supersede && state === 'superseded'));
          const tries = store.attempts.get(id) ?? [];
          assert.equal(tries.length, attempts, 'every attempt is recorded');
          const arrived = arrivals.filter((arrival) => arrival.id === event.id).map((arrival) => arrival.at);
          assert.equal(arrived.length, attempts);
          assert.equal(
            tries.findIndex(({ outcome }) => outcome === 'delivered'),
            state === 'delivered' ? attempts - 1 : -1,
          );
          notEarly(id);
        }
        // When they began: a request may arrive a step of the clock later.
        const begun = store.settlements
          .filter(({ delivery: id }) => id.startsWith(`wild${at}/`))
          .map(({ attempt }) => attempt.at)
          .sort((a, b) => a - b);
        for (const { id, attempt, wait } of pauses) {
          const paused = owed[at]?.find(({ event }) => event.id === id)?.id ?? '';
          const limited = store.attempts.get(paused)?.[attempt - 1];
          assert.equal(limited?.outcome, 'limited');
          // Whoever sends does not know of it before the answer has come, a step of the clock later perhaps.
          const heard = limited.at + limited.duration;
          const early = begun.filter((time) => time > heard && time < heard + wait);
          assert.deepEqual(early, [], 'Retry-After is kept by the whole webhook');
        }
        for (const [index, time] of begun.entries()) {
          const before = begun[index - (rate?.count ?? Number.POSITIVE_INFINITY)];
          assert(!rate || before === undefined || time - before >= rate.window, 'the rate is kept');
        }
        const streamOf = (key: string | undefined) => ({ key, webhook: '', none: null })[order];
        for (const stream of order === 'none' ? [] : new Set(keys.map(streamOf))) {
          const ids = (owed[at] ?? [])
            .filter(({ event }) => streamOf(event.key ?? '') === stream)
            .map(({ event }) => event.id);
          const seen = one.ids().filter((id) => ids.includes(id));
          assert.deepEqual(
            seen,
            seen.toSorted((a, b) => ids.indexOf(a) - ids.indexOf(b)),
            'order within a stream',
          );
        }
      }

      /** Each attempt comes when the one before said, or is the probe of a failing webhook, which uses no step. */
      function notEarly(id: string): void {
        const settlements = store.settlements.filter(({ delivery: one }) => one === id);
        for (const [index, { attempt, steps }] of settlements.entries()) {
          const before = settlements[index - 1];
          if (!before || attempt.at >= before.nextAttempt) continue;
          assert(attempt.outcome !== 'failed' || steps === before.steps, 'a probe uses no step');
          const name = id.split('/')[0] ?? '';
          const failures = store.settlements.filter(
            (other) => other.delivery.startsWith(`${name}/`) && other.attempt.at <= attempt.at,
          );
          const bad = failures.filter((other) => other.attempt.outcome !== 'delivered');
          assert(
            bad.length >= 5 || bad.some((other) => other.attempt.outcome === 'limited'),
            'only probes are ahead',
          );
        }
      }
    }),
    { numRuns: 25 },
  );
});
