import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DELIVERY_STATES } from '../../../src/model.ts';
import type { DeliveryQuery } from '../../../src/store/archive.ts';
import { createPlace, type Open } from './place.ts';
import { allDeliveries, backlog, retainAll } from './read.ts';
import { claimed, commitOf, dead, delivered, event, owe, owed } from './samples.ts';

const DAY = 86_400_000;
const KEEP = { delivered: 7 * DAY, dead: 30 * DAY, maxEvents: 100_000 };

/** Listing deliveries, and removing what is past its time. */
export function history(open: Open): void {
  test('deliveries are listed in the order of their commits, page by page', async () => {
    await using place = await createPlace(open);
    const ids: string[] = [];
    for (const source of ['z', 'a', 'm']) {
      const events = [event(source, 1), event(source, 2)];
      // Not the order of the events: the order of the deliveries counts.
      const deliveries = owed(events, 'two', 'one').toReversed();
      await place.store.commit(commitOf({ source, events, deliveries }));
      ids.push(...deliveries.map(({ id }) => id));
    }
    await claimed(place.store, place.clock.now(), 'none', 99, 'one');
    await place.store.settle(ids.filter((id) => id.endsWith('2_one')).map(delivered));
    for (const store of [place.store, await place.crash()]) {
      for (const limit of [1, 5, 12, 100]) {
        assert.deepEqual(
          (await allDeliveries(store, { limit })).map(({ id }) => id),
          ids,
          `limit ${limit}`,
        );
      }
      const page = await store.deliveries({ limit: 3, after: ids[4] ?? '' });
      assert.deepEqual(
        page.items.map(({ id }) => id),
        ids.slice(5, 8),
      );
      assert.equal(page.next, ids[7]);
      assert.equal((await store.deliveries({ limit: 12 })).next, null);
    }
  });

  test('deliveries are filtered by webhook, source and state, in any combination', async () => {
    await using place = await createPlace(open);
    const { store, clock } = place;
    for (const source of ['x', 'y']) {
      const events = Array.from({ length: 9 }, (_, index) => event(source, index + 1, `k${index}`));
      await store.commit(commitOf({ source, events, deliveries: owed(events, 'one', 'two') }));
    }
    for (const webhook of ['one', 'two']) {
      const ids = await claimed(store, clock.now(), 'key', 12, webhook);
      await store.settle(ids.map((id, index) => (index % 3 === 0 ? dead(id) : delivered(id))));
    }
    const all = await allDeliveries(store);
    assert.equal(all.length, 36);
    for (const webhook of [undefined, 'one', 'two', 'none']) {
      for (const source of [undefined, 'x', 'y', 'none']) {
        for (const state of [undefined, ...DELIVERY_STATES]) {
          const query: Partial<DeliveryQuery> = {
            limit: 4,
            ...(webhook === undefined ? {} : { webhook }),
            ...(source === undefined ? {} : { source }),
            ...(state === undefined ? {} : { state }),
          };
          const expected = all.filter(
            (one) =>
              (webhook === undefined || one.webhook === webhook) &&
              (source === undefined || one.event.source === source) &&
              (state === undefined || one.state === state),
          );
          assert.deepEqual(await allDeliveries(store, query), expected, JSON.stringify(query));
        }
      }
    }
  });

  test('what is delivered goes after its time, what is dead after its own, what is pending never', async () => {
    await using place = await createPlace(open);
    const { clock } = place;
    const [good = '', bad = '', open_ = ''] = await owe(place.store, 'desk', ['a', 'b', 'c']);
    await claimed(place.store, clock.now(), 'key', 2);
    await place.store.settle([delivered(good), dead(bad)]);
    const left = async (days: number) => {
      clock.setWall(clock.now() + days * DAY);
      await retainAll(place.store, { ...KEEP, now: clock.now() });
      return (await allDeliveries(place.store)).map(({ id }) => id);
    };
    assert.deepEqual(await left(6), [good, bad, open_]);
    assert.deepEqual(await left(2), [bad, open_]);
    assert.equal(await place.store.attempts(good), null);
    assert.equal((await place.store.attempts(bad))?.length, 1);
    assert.deepEqual(await left(21), [bad, open_]);
    assert.deepEqual(await left(2), [open_]);
    assert.deepEqual(await left(1000), [open_]);
    await place.crash();
    assert.deepEqual(await left(1), [open_]);
    assert.deepEqual(
      (await backlog(place.store)).map(({ pending, dead }) => [pending, dead]),
      [[1, 0]],
    );
    assert.deepEqual(await claimed(place.store, clock.now()), [open_]);
  });

  test('an event stays while one of its deliveries is pending', async () => {
    await using place = await createPlace(open);
    const { store, clock } = place;
    const events = [event('desk', 1)];
    await store.commit(commitOf({ source: 'desk', events, deliveries: owed(events, 'one', 'two') }));
    await store.settle((await claimed(store, clock.now(), 'key', 9, 'one')).map(delivered));
    clock.setWall(clock.now() + 100 * DAY);
    await retainAll(store, { ...KEEP, now: clock.now(), maxEvents: 0 });
    assert.deepEqual(
      (await allDeliveries(store)).map(({ state }) => state),
      ['delivered', 'pending'],
    );
    await store.settle((await claimed(store, clock.now(), 'key', 9, 'two')).map(delivered));
    clock.setWall(clock.now() + 100 * DAY);
    await retainAll(store, { ...KEEP, now: clock.now() });
    assert.deepEqual(await allDeliveries(store), []);
  });

  test('beyond the newest events, the oldest finished ones go', async () => {
    await using place = await createPlace(open);
    const { clock } = place;
    const ids = [
      ...(await owe(place.store, 'desk', Array(6).fill('k'))),
      ...(await owe(place.store, 'other', ['a', 'b'])),
    ];
    for (const _ of ids) await place.store.settle((await claimed(place.store, clock.now())).map(delivered));
    const left = async (maxEvents: number) => {
      await retainAll(place.store, { ...KEEP, now: clock.now(), maxEvents });
      return (await allDeliveries(place.store)).map(({ id }) => id);
    };
    assert.deepEqual(await left(8), ids);
    assert.deepEqual(await left(5), ids.slice(3));
    await place.crash();
    assert.deepEqual(await left(5), ids.slice(3));
    assert.deepEqual(await left(1), ids.slice(7));
    assert.deepEqual(await left(0), []);
    const [next = ''] = await owe(place.store, 'desk', ['k']);
    assert.equal(next, 'evt_desk_7_hook', 'the sequence goes on');
    assert.deepEqual(await left(0), [next]);
  });

  test('retention of many events takes many small steps', async () => {
    await using place = await createPlace(open);
    const { store, clock } = place;
    const count = 3000;
    await owe(
      store,
      'desk',
      Array.from({ length: count }, (_, index) => `k${index}`),
    );
    await store.settle((await claimed(store, clock.now(), 'none', count)).map(delivered));
    clock.setWall(clock.now() + 8 * DAY);
    assert.equal(await store.retain({ ...KEEP, now: clock.now() }), true);
    const left = (await allDeliveries(store, { limit: count })).length;
    assert.ok(left > 0 && left <= count, `${left} left`);
    await owe(store, 'desk', ['while it goes on']);
    assert.ok((await retainAll(store, { ...KEEP, now: clock.now() })) > 1);
    assert.equal((await allDeliveries(store, { limit: count })).length, 1);
  });
}
