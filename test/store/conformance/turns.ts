import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ClaimRequest, MOST_SUPERSEDED } from '../../../src/store/contract.ts';
import { Model } from './model.ts';
import { createPlace, type Open } from './place.ts';
import { backlog, delivery } from './read.ts';
import { claimed, commitOf, dead, delivered, event, later, owe, owed } from './samples.ts';

/** Whose turn it is: fairness, what a newer update makes needless, batches. */
export function turns(open: Open): void {
  test('at the limit neither what is fresh nor what is retried is preferred: who became due first comes first', async () => {
    await using place = await createPlace(open);
    const { store, clock } = place;
    const [a = ''] = await owe(store, 'desk', ['a']);
    await claimed(store, clock.now());
    await store.settle([later(a, clock.now() + 500)]);
    await clock.advance(400);
    const [b = ''] = await owe(store, 'desk', ['b']);
    await clock.advance(400);
    const [c = ''] = await owe(store, 'desk', ['c']);
    for (const one of [store, await place.crash()]) {
      const order: string[] = [];
      if (one === store) continue;
      for (let at = 0; at < 3; at += 1) order.push(...(await claimed(one, clock.now(), 'key', 1)));
      assert.deepEqual(order, [b, a, c]);
    }
  });

  const update = (webhook = 'hook'): ClaimRequest => ({
    ...{ webhook, order: 'key', now: 9e15, limit: 9, supersede: true },
  });

  test('an update that a newer one of its record and type makes needless is superseded, in the same write', async () => {
    await using place = await createPlace(open);
    const { store } = place;
    const events = [
      event('desk', 1, 'a'),
      event('desk', 2, 'b'),
      event('desk', 3, 'a', 'updated', 'other'),
      event('desk', 4, 'a'),
      event('desk', 5, 'a', 'deleted'),
      event('desk', 6, 'a', 'created'),
      event('desk', 7, 'a'),
    ];
    await store.commit(commitOf({ source: 'desk', events, deliveries: owed(events, 'hook') }));
    const claim = await store.claim(update());
    assert.deepEqual(
      claim.deliveries.map(({ event }) => event.sequence),
      [2, 3],
      'the next of its stream takes its turn at once',
    );
    assert.deepEqual(claim.superseded, [
      { delivery: 'evt_desk_1_hook', source: 'desk', event: 'evt_desk_1', by: 'evt_desk_4' },
    ]);
    const after = await place.crash();
    assert.equal((await delivery(after, 'evt_desk_1_hook'))?.state, 'superseded');
    assert.deepEqual(await after.attempts('evt_desk_1_hook'), []);
    assert.equal((await backlog(after))[0]?.pending, 6);
    const rest: (number | string)[] = [];
    for (;;) {
      const { deliveries, superseded } = await after.claim(update());
      if (deliveries.length === 0) break;
      rest.push(...deliveries.map(({ event }) => event.sequence), ...superseded.map(({ by }) => by));
      await after.settle(deliveries.map(({ id }) => delivered(id)));
    }
    assert.deepEqual(rest.toSorted(), [2, 3, 4, 5, 6, 7], 'a deletion in between keeps the older update');
  });

  test('a long row of updates is worked off in several claims, each with what is due first', async () => {
    await using place = await createPlace(open);
    const { store, clock } = place;
    const model = new Model();
    const keys = 'aabacaabbd';
    const events = Array.from({ length: 500 }, (_, index) => event('desk', index + 1, keys[index % 10]));
    const commit = commitOf({ source: 'desk', events, deliveries: owed(events, 'hook') });
    await store.commit(commit);
    model.commit(commit, clock.now());
    const needless: number[] = [];
    for (const limit of [1, 3, 9, 9]) {
      const request = { ...update(), limit };
      const claim = await store.claim(request);
      assert.deepEqual(claim, model.claim(request));
      needless.push(claim.superseded.length);
    }
    assert.deepEqual(needless, [MOST_SUPERSEDED, MOST_SUPERSEDED, 96, 0]);
  });

  test('nothing is superseded unless asked for, in another order, or by what is owed to another webhook', async () => {
    await using place = await createPlace(open);
    const { store } = place;
    const events = [event('desk', 1, 'a'), event('desk', 2, 'a')];
    const deliveries = [
      ...owed(events.slice(0, 1), 'one', 'two', 'three'),
      ...owed(events, 'three').slice(1),
    ];
    await store.commit(commitOf({ source: 'desk', events, deliveries }));
    await owe(store, 'other', ['a'], 'one');
    assert.equal((await store.claim(update('one'))).superseded.length, 0);
    assert.equal((await store.claim({ ...update('three'), order: 'webhook' })).superseded.length, 0);
    assert.equal((await store.claim({ ...update('three'), supersede: false })).superseded.length, 0);
  });

  const together = (max: number, more: Partial<ClaimRequest> = {}): ClaimRequest => ({
    ...{ webhook: 'hook', order: 'key', now: 9e15, limit: 1, batch: { max, length: 1e6, wait: 0 }, ...more },
  });

  test('a batch holds the oldest in the order of commits; the next one waits until it is over', async () => {
    await using place = await createPlace(open);
    const { store } = place;
    const all = [...(await owe(store, 'desk', ['a', 'b', 'a'])), ...(await owe(store, 'other', ['a', null]))];
    const first = await store.claim(together(3));
    assert.deepEqual(
      first.deliveries.map(({ id, attempts }) => [id, attempts]),
      all.slice(0, 3).map((id) => [id, 1]),
    );
    const [id] = new Set(first.deliveries.map(({ batch }) => batch));
    assert.match(id ?? '', /^bat_[\w-]{22}$/);
    assert.deepEqual(await store.claim(together(3)), { deliveries: [], superseded: [], next: null });
    await store.settle([delivered(all[0] ?? ''), dead(all[1] ?? '')]);
    assert.deepEqual((await store.claim(together(3))).deliveries, [], 'one of it is still under way');
    await store.settle([delivered(all[2] ?? '')]);
    const second = await store.claim(together(3));
    assert.deepEqual(
      second.deliveries.map((one) => one.id),
      all.slice(3),
    );
    assert.notEqual(second.deliveries[0]?.batch, id);
    assert.equal((await delivery(store, all[0] ?? ''))?.batch, id, 'it says what it was sent with');
  });

  for (const how of ['a failure', 'a crash', 'a failure and a restart'] as const) {
    test(`after ${how} a batch is given again: the same deliveries, the same id`, async () => {
      await using place = await createPlace(open);
      const now = place.clock.now();
      await owe(place.store, 'desk', ['a', 'b', 'c']);
      const first = await place.store.claim(together(2, { now }));
      const ids = first.deliveries.map(({ id }) => id);
      await owe(place.store, 'other', ['d']);
      if (how !== 'a crash') await place.store.settle(ids.map((id) => later(id, now + 50)));
      if (how === 'a crash') await place.crash();
      if (how === 'a failure and a restart') await place.reopen();
      if (how !== 'a crash') {
        assert.deepEqual(await place.store.claim(together(9, { now })), {
          ...{ deliveries: [], superseded: [], next: now + 50 },
        });
      }
      const again = await place.store.claim(together(9, { now: now + 50 }));
      assert.deepEqual(
        again.deliveries.map(({ id, batch, attempts }) => [id, batch, attempts]),
        first.deliveries.map(({ id, batch }) => [id, batch, 2]),
      );
    });
  }

  test('who was dropped has left the batch; who is revived comes again on its own, before what follows', async () => {
    await using place = await createPlace(open);
    const { store, clock } = place;
    const ids = await owe(store, 'desk', ['a', 'b', 'c', 'd']);
    const [a = '', b = '', c = '', d = ''] = ids;
    const first = await store.claim(together(3));
    const batch = first.deliveries[0]?.batch;
    await store.settle([a, b, c].map((id) => later(id, 1)));
    await store.drop([a]);
    const second = await store.claim(together(3));
    assert.deepEqual(
      second.deliveries.map((one) => [one.id, one.batch]),
      [b, c].map((id) => [id, batch]),
    );
    await store.settle([b, c].map((id) => later(id, 1)));
    await store.revive([a]);
    const third = await store.claim(together(3, { now: clock.now() }));
    assert.deepEqual(
      third.deliveries.map(({ id }) => id),
      [a],
      'what follows it belongs to another batch already',
    );
    assert.notEqual(third.deliveries[0]?.batch, batch);
    await store.settle([delivered(a)]);
    assert.deepEqual((await store.claim(together(3))).deliveries[0]?.batch, batch);
    await store.settle([delivered(b), delivered(c)]);
    assert.deepEqual(
      (await store.claim(together(3))).deliveries.map(({ id }) => id),
      [d],
    );
  });

  test('a batch that is not full waits for more, but not longer than it may, and not at all for a probe', async () => {
    await using place = await createPlace(open);
    const { store, clock } = place;
    const start = clock.now();
    const wait = (now: number, more: Partial<ClaimRequest> = {}) =>
      store.claim(together(2, { now, batch: { max: 2, length: 1e6, wait: 1000 }, ...more }));
    await owe(store, 'desk', ['a']);
    assert.deepEqual(await wait(start + 999), { deliveries: [], superseded: [], next: start + 1000 });
    assert.equal(
      (await wait(start - 5, { limit: 0 })).next,
      0,
      'a clock that was set back makes nothing wait',
    );
    assert.equal((await wait(start + 1000)).deliveries.length, 1);
    await store.settle([delivered('evt_desk_1_hook')]);
    await owe(store, 'desk', ['a']);
    assert.equal((await wait(start, { ahead: true })).deliveries.length, 1);
    await store.settle([delivered('evt_desk_2_hook')]);
    await owe(store, 'desk', ['a', 'a', 'a']);
    assert.equal((await wait(start)).deliveries.length, 2, 'a full one need not wait');
  });

  test('a batch is full when the next body would be too much, also when it is repeated; a longer one goes alone', async () => {
    await using place = await createPlace(open);
    const now = place.clock.now();
    const bodies = [30, 40, 30, 101, 50].map((length) => JSON.stringify('x'.repeat(length - 2)));
    const events = bodies.map((body, at) => ({ ...event('desk', at + 1, `k${at}`), body }));
    const deliveries = owed(events, 'hook');
    await place.store.commit(commitOf({ source: 'desk', events, deliveries }));
    const ids = deliveries.map(({ id }) => id);
    const claim = () => place.store.claim(together(9, { now, batch: { max: 9, length: 100, wait: 1000 } }));
    const { deliveries: first } = await claim();
    await place.crash();
    for (const expected of [ids.slice(0, 3), ids.slice(3, 4)]) {
      const given = (await claim()).deliveries;
      assert.deepEqual(
        given.map(({ id }) => id),
        expected,
      );
      if (expected.length === 3) assert.deepEqual(given[0]?.batch, first[0]?.batch);
      await place.store.settle(expected.map((id) => delivered(id)));
    }
    assert.deepEqual(await claim(), { deliveries: [], superseded: [], next: now + 1000 });
  });

  test('a batch leaves out what a newer member makes needless', async () => {
    await using place = await createPlace(open);
    const { store } = place;
    const [a1, b, a2, a3] = await owe(store, 'desk', ['a', 'b', 'a', 'a']);
    const claim = await store.claim(together(3, { supersede: true }));
    assert.deepEqual(
      claim.deliveries.map(({ id }) => id),
      [b, a2],
    );
    assert.deepEqual(
      claim.superseded.map(({ delivery, by }) => [delivery, by]),
      [[a1, 'evt_desk_3']],
    );
    assert.equal((await delivery(store, a3 ?? ''))?.attempts, 0);
  });
}
