import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventQuery, KeptEvent } from '../../../src/store/archive.ts';
import type { Store } from '../../../src/store/contract.ts';
import { createPlace, type Open } from './place.ts';
import { allDeliveries, retainAll } from './read.ts';
import { claimed, commitOf, delivered, event, owe, owed } from './samples.ts';

/** Events and deliveries, one by one and in pages. */
export function archive(open: Open): void {
  async function all(store: Store, query: Partial<EventQuery> = {}): Promise<KeptEvent[]> {
    const found: KeptEvent[] = [];
    for (let after: string | null | undefined; after !== null; ) {
      const page = await store.events({ limit: 3, ...query, ...(after && { after }) });
      assert.equal(page.kind, 'page');
      if (page.kind !== 'page') break;
      found.push(...page.items);
      after = page.next;
    }
    return found;
  }
  const ids = (events: readonly KeptEvent[]) => events.map((one) => one.event.id);

  test('an event is found by its id, with whom it is owed, and so is a delivery', async () => {
    await using place = await createPlace(open);
    const events = [event('desk', 1, null, 'deleted', 'gone'), event('desk', 2)];
    const deliveries = owed(events, 'two', 'one').slice(0, 3).toReversed();
    await place.store.commit(commitOf({ source: 'desk', events, deliveries }));
    await place.store.settle((await claimed(place.store, 1, 'key', 9, 'two')).map(delivered));
    for (const store of [place.store, await place.crash()]) {
      assert.deepEqual(await store.event('evt_desk_1'), {
        event: events[0],
        created: place.clock.now(),
        deliveries: [
          { id: 'evt_desk_1_one', webhook: 'one', state: 'pending' },
          { id: 'evt_desk_1_two', webhook: 'two', state: 'delivered' },
        ],
      });
      assert.equal(await store.event('none'), null);
      assert.equal(await store.delivery('none'), null);
      assert.deepEqual(
        await store.delivery('evt_desk_1_two'),
        (await allDeliveries(store)).find(({ id }) => id === 'evt_desk_1_two'),
      );
    }
  });

  test('a page ends early where its bodies are large, and the next one goes on', async () => {
    await using place = await createPlace(open);
    const large = JSON.stringify({ text: 'x'.repeat(3_000_000) });
    const events = [1, 2, 3, 4, 5].map((at) => ({ ...event('desk', at), body: large }));
    await place.store.commit(commitOf({ source: 'desk', events, deliveries: owed(events, 'hook') }));
    for (const store of [place.store, await place.crash()]) {
      const page = await store.events({ limit: 100 });
      assert.ok(page.kind === 'page');
      assert.deepEqual(
        [ids(page.items), page.next],
        [['evt_desk_1', 'evt_desk_2', 'evt_desk_3'], 'evt_desk_3'],
      );
      assert.deepEqual(ids(await all(store, { limit: 100, webhook: 'hook', newest: true })), [
        ...[5, 4, 3, 2, 1].map((at) => `evt_desk_${at}`),
      ]);
      const owedNow = await store.deliveries({ limit: 100 });
      assert.deepEqual([owedNow.items.length, owedNow.next], [3, 'evt_desk_3_hook']);
      const rest = await store.deliveries({ limit: 100, after: 'evt_desk_3_hook' });
      assert.deepEqual([rest.items.length, rest.next], [2, null]);
    }
  });

  test('events are listed in the order of commits or the newest first, filtered and in pages', async () => {
    await using place = await createPlace(open);
    const { clock } = place;
    const start = clock.now();
    for (const [at, source] of ['x', 'y', 'x', 'y'].entries()) {
      clock.setWall(start + 1000 * at);
      const first = 1 + 3 * (at >> 1);
      const events = [0, 1, 2].map((more) => event(source, first + more, 'k', 'updated', `t${more}`));
      const deliveries = [...owed(events.slice(0, 1), 'one', 'two'), ...owed(events.slice(1), 'two')];
      await place.store.commit(commitOf({ source, expected: at >> 1, events, deliveries }));
    }
    const kept = (await all(place.store, { limit: 100 })).map((one) => one);
    assert.equal(kept.length, 12);
    for (const store of [place.store, await place.crash()]) {
      assert.deepEqual(await all(store), kept);
      for (const newest of [false, true]) {
        for (const source of [undefined, 'x', 'none']) {
          for (const type of [undefined, 't1', 'none']) {
            for (const webhook of [undefined, 'one', 'two', 'none']) {
              for (const since of [undefined, start + 1000, start + 3001]) {
                const expected = kept.filter(
                  (one) =>
                    (source ?? one.event.source) === one.event.source &&
                    (type ?? one.event.type) === one.event.type &&
                    (webhook === undefined || one.deliveries.some((owed) => owed.webhook === webhook)) &&
                    one.created >= (since ?? 0),
                );
                const query = {
                  ...{ newest, ...(source && { source }), ...(type && { type }) },
                  ...{ ...(webhook && { webhook }), ...(since && { since }) },
                };
                const found = await all(store, query);
                const wanted = newest ? expected.toReversed() : expected;
                assert.deepEqual(ids(found), ids(wanted), JSON.stringify(query));
              }
            }
          }
        }
      }
    }
  });

  test('deliveries, too, are listed since a time and the newest first', async () => {
    await using place = await createPlace(open);
    const { store, clock } = place;
    const start = clock.now();
    for (const at of [0, 1, 2]) {
      clock.setWall(start + 1000 * at);
      await owe(store, 'desk', ['a', 'b']);
    }
    const everything = await allDeliveries(store);
    for (const since of [start, start + 1, start + 2000, start + 2001]) {
      const wanted = everything.filter(({ created }) => created >= since);
      for (const state of [undefined, 'pending' as const]) {
        const query = { since, limit: 1, ...(state && { state, webhook: 'hook' }) };
        assert.deepEqual(await allDeliveries(store, query), wanted);
        assert.deepEqual(await allDeliveries(store, { ...query, newest: true }), wanted.toReversed());
      }
    }
  });

  test('a clock that was set back hides nothing from a list since a time', async () => {
    await using place = await createPlace(open);
    const { store, clock } = place;
    const real = clock.now();
    clock.setWall(real + 86_400_000);
    const [ahead = ''] = await owe(store, 'desk', ['a']);
    clock.setWall(real);
    const [back = ''] = await owe(store, 'desk', ['b']);
    clock.setWall(real + 500);
    const [later = ''] = await owe(store, 'desk', ['c']);
    const since = async (time: number) => (await allDeliveries(store, { since: time })).map(({ id }) => id);
    assert.deepEqual(await since(real), [ahead, back, later]);
    assert.deepEqual(await since(real + 1), [ahead, later]);
    assert.equal((await all(store, { since: real + 1 })).length, 2);
  });

  test('an event that is not kept any longer is told apart from an end, and so is one of another webhook', async () => {
    await using place = await createPlace(open);
    const { store, clock } = place;
    await owe(store, 'desk', ['a', 'b', 'c'], 'one');
    await owe(store, 'desk', ['d'], 'two');
    await store.settle((await claimed(store, clock.now(), 'key', 2, 'one')).map(delivered));
    await retainAll(store, { now: clock.now(), delivered: 9e15, dead: 9e15, maxEvents: 1 });
    for (const one of [store, await place.crash()]) {
      const ask = (after: string, webhook?: string) =>
        one.events({ after, limit: 9, ...(webhook && { webhook }) });
      assert.deepEqual(await ask('evt_desk_1', 'one'), { kind: 'unknown', oldest: 'evt_desk_2' });
      assert.deepEqual(await ask('evt_desk_1'), { kind: 'unknown', oldest: 'evt_desk_2' });
      assert.deepEqual(await ask('evt_desk_4', 'one'), { kind: 'unknown', oldest: 'evt_desk_2' });
      assert.deepEqual(await ask('evt_desk_1', 'none'), { kind: 'unknown', oldest: null });
      assert.deepEqual(await ask('evt_desk_3', 'one'), { kind: 'page', items: [], next: null });
      assert.deepEqual(await ask('evt_desk_4'), { kind: 'page', items: [], next: null });
    }
  });
}
