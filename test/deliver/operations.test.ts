import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { pino } from 'pino';
import type { WebhookConfig } from '../../src/config/document.ts';
import { createDispatcher } from '../../src/deliver/dispatcher.ts';
import { feedOf } from '../../src/deliver/feed.ts';
import { createOperations } from '../../src/deliver/operations.ts';
import type { AttemptReport } from '../../src/deliver/report.ts';
import { Redactor } from '../../src/lib/redact.ts';
import type { Store } from '../../src/store/contract.ts';
import { openJsonStore } from '../../src/store/json/open.ts';
import { openSqliteStore } from '../../src/store/sqlite/open.ts';
import { type FakeClock, until } from '../fake-clock.ts';
import { createPlace } from '../store/conformance/place.ts';
import { owe } from '../store/conformance/samples.ts';
import { agent, MINUTES, receiver, SECONDS, webhook } from './fixtures.ts';

/** Delivery and operations on a real store. */
async function working(
  context: TestContext,
  { store, clock }: { readonly store: Store; readonly clock: FakeClock },
  hook: WebhookConfig,
) {
  const reports: AttemptReport[] = [];
  const dropped: [string, number][] = [];
  const lines: { msg: string }[] = [];
  const log = pino({ base: null }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const dispatcher = createDispatcher({
    ...{ store, clock, log, version: '1', random: () => 0, http: agent(context) },
    redactor: new Redactor([]),
    webhooks: new Map([[hook.name, hook]]),
    observe: (report) => reports.push(report),
    onSuperseded: () => undefined,
  });
  const operations = await createOperations({
    ...{ store, dispatcher, clock, log },
    webhooks: () => [hook.name],
    onDropped: (name, count) => dropped.push([name, count]),
  });
  return {
    ...{ dispatcher, operations, reports, dropped, lines },
    async stop() {
      await operations.stop();
      await dispatcher.stop(0);
    },
  };
}

/** Waits for a condition while a little time passes. */
function passing(clock: FakeClock, condition: () => Promise<boolean>): Promise<void> {
  return until(async () => {
    await clock.advance(50);
    return condition();
  });
}

const pendingOf = async (store: Store) => (await store.backlog())[0]?.pending ?? 0;

for (const [kind, open] of Object.entries({ 'JSON files': openJsonStore, SQLite: openSqliteStore })) {
  describe(`after the fact, on ${kind}`, () => {
    test('a dead letter is sent again, under the same id, or dropped', async (context) => {
      await using place = await createPlace(open);
      const { store, clock } = place;
      const { url, ids } = await receiver(context, clock, 422, 422, 204);
      const hook = webhook({ name: 'hook', url, concurrency: 1, retry: { schedule: [1], permanent: [422] } });
      const { operations, reports, dropped, dispatcher, stop } = await working(context, place, hook);
      const [first = '', second = ''] = await owe(store, 's', ['a', 'b']);
      dispatcher.wake();
      await until(() => reports.length === 2);
      assert.deepEqual([...(await operations.retry([first]))], [[first, 'done']]);
      await until(() => reports.length === 3);
      assert.deepEqual(
        [...(await operations.drop([second, first, 'nothing']))],
        [
          [second, 'done'],
          [first, 'settled'],
          ['nothing', 'unknown'],
        ],
      );
      assert.deepEqual(dropped, [['hook', 1]]);
      assert.deepEqual(ids(), ['evt_s_1', 'evt_s_2', 'evt_s_1']);
      assert.deepEqual(
        (await store.deliveries({ limit: 9 })).items.map(({ state }) => state),
        ['delivered', 'dropped'],
      );
      await stop();
    });

    test('what is dropped no longer blocks its record', async (context) => {
      await using place = await createPlace(open);
      const { store, clock } = place;
      const { url, ids } = await receiver(context, clock, 500, 204);
      const { operations, reports, dispatcher, stop } = await working(
        context,
        place,
        webhook({ name: 'hook', url }),
      );
      const [first = ''] = await owe(store, 's', ['a', 'a']);
      dispatcher.wake();
      await until(() => reports.length === 1);
      await operations.drop([first]);
      await until(() => reports.length === 2, 'the next event of the record is sent at once');
      assert.deepEqual(ids(), ['evt_s_1', 'evt_s_2']);
      await stop();
    });

    test('a replay goes on after a restart, page by page, and ends', async (context) => {
      await using place = await createPlace(open);
      const { clock } = place;
      const { url, ids } = await receiver(context, clock);
      const hook = webhook({ name: 'hook', url, concurrency: 50 });
      const keys = Array.from({ length: 220 }, (_, at) => `k${at}`);
      const before = await working(context, place, hook);
      await owe(place.store, 's', keys);
      before.dispatcher.wake();
      await until(() => before.reports.length === 220);
      // Nothing is taken, so that the replay stops where its pace says.
      await before.dispatcher.pause('hook');
      assert.equal(await before.operations.replay('hook', 0), 'started');
      assert.equal(await before.operations.replay('hook', 0), 'busy');
      assert.equal(await before.operations.replay('nobody', 0), 'unknown');
      await until(() => (before.operations.replays()[0]?.requeued ?? 0) >= 100);
      await before.stop();

      await place.crash();
      const after = await working(context, place, hook);
      await after.dispatcher.resume('hook');
      await passing(
        clock,
        async () => after.operations.replays().length === 0 && (await pendingOf(place.store)) === 0,
      );
      await after.stop();
      const seen = Map.groupBy(ids(), (id) => id);
      assert.equal(seen.size, 220);
      assert(
        [...seen.values()].every((all) => all.length === 2),
        'each twice, under the same id',
      );
      assert.equal((await place.store.memos()).size, 0);
    });

    test('a replay waits while much is pending, and fresh events come first', async (context) => {
      await using place = await createPlace(open);
      const { store, clock } = place;
      const { url, ids } = await receiver(context, clock);
      const hook = webhook({ name: 'hook', url, concurrency: 10 });
      const { operations, dispatcher, reports, stop } = await working(context, place, hook);
      const keys = Array.from({ length: 350 }, (_, at) => `k${at}`);
      await owe(store, 's', keys);
      dispatcher.wake();
      await until(() => reports.length === 350);
      await dispatcher.pause('hook');
      await operations.replay('hook', 0);
      await until(async () => (await pendingOf(store)) >= 200);
      await clock.advance(10 * SECONDS);
      const pending = await pendingOf(store);
      assert(pending >= 200 && pending < 300, `${pending} pending`);
      await owe(store, 'other', ['fresh']);
      await dispatcher.resume('hook');
      await passing(clock, async () => operations.replays().length === 0 && (await pendingOf(store)) === 0);
      const again = ids().slice(350);
      assert.equal(again.length, 351);
      assert(
        again.indexOf('evt_other_1') < 10,
        `the fresh one came as number ${again.indexOf('evt_other_1')}`,
      );
      await stop();
    });

    test('the feed gives what a webhook was owed, from any event on', async () => {
      await using place = await createPlace(open);
      const { store } = place;
      await owe(store, 's', ['a', 'b', 'c']);
      const hook = webhook({ name: 'hook' });
      const first = await feedOf(hook, { limit: 2 }, false, store);
      assert.ok(first.kind === 'page');
      const page = JSON.parse(first.json);
      assert.deepEqual(
        page.items.map(({ id, state, body }: { id: string; state: string; body: { type: string } }) => [
          id,
          state,
          body.type,
        ]),
        [
          ['evt_s_1', 'pending', 's.updated'],
          ['evt_s_2', 'pending', 's.updated'],
        ],
      );
      assert.match(first.json, /"n":12345678901234567890/, 'every digit');
      assert.equal(page.next, first.next);
      const rest = await feedOf(hook, { after: first.next ?? '', limit: 2 }, true, store);
      assert.ok(rest.kind === 'page');
      assert.deepEqual(
        JSON.parse(rest.json).items.map(({ id, state }: { id: string; state: string }) => [id, state]),
        [['evt_s_3', 'held']],
      );
      assert.equal(rest.next, null);
      assert.deepEqual(await feedOf(hook, { after: 'evt_gone', limit: 2 }, false, store), {
        kind: 'gone',
        oldest: 'evt_s_1',
      });
    });

    test('batches that were interrupted are repeated in the same composition', async (context) => {
      await using place = await createPlace(open);
      const { clock } = place;
      const { url, arrivals } = await receiver(context, clock, () => undefined, 500, 204);
      const hook = webhook({ name: 'hook', url, batch: { max: 3, wait: MINUTES } });
      const before = await working(context, place, hook);
      await owe(place.store, 's', ['a', 'b', 'a', 'c']);
      before.dispatcher.wake();
      await until(() => arrivals.length === 1);
      const store = await place.crash();
      const stopping = before.stop();
      await clock.advance(0);
      await stopping;
      const after = await working(context, place, hook);
      await until(() => after.reports.length === 1);
      await clock.advance(5 * SECONDS);
      await until(() => after.reports.length === 2);
      await clock.advance(MINUTES);
      await until(async () => (await pendingOf(store)) === 0);
      await after.stop();
      const [first, second, third, last] = arrivals;
      assert.equal(arrivals.length, 4);
      assert.deepEqual([second?.body, third?.body], [first?.body, first?.body]);
      assert.deepEqual([second?.id, third?.id], [first?.id, first?.id]);
      assert.deepEqual(
        arrivals.map(({ headers }) => headers['pollhook-attempt']),
        ['1', '2', '3', '1'],
      );
      assert.notEqual(last?.id, first?.id);
      assert.equal(JSON.parse(last?.body ?? '').length, 1);
    });
  });
}
