import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Store } from '../../../src/store/contract.ts';
import { createPlace, type Open } from './place.ts';
import { allDeliveries, backlog, delivery, retainAll } from './read.ts';
import { claimed, dead, delivered, later, owe } from './samples.ts';

/** Settling by hand, also of what retention has put aside. */
export function interventions(open: Open): void {
  const shown = async (store: Store, id: string) => {
    const one = await store.delivery(id);
    return [one?.state, one?.attempts, one?.steps];
  };

  test('each id is told what became of it', async () => {
    await using place = await createPlace(open);
    const { store, clock } = place;
    const [a = '', b = '', c = '', d = '', e = ''] = await owe(store, 'desk', ['a', 'b', 'c', 'd', 'e']);
    await claimed(store, clock.now(), 'key', 4);
    await store.settle([delivered(a), dead(b), dead(c)]);
    const drop = await store.drop([a, b, d, e, 'none', b]);
    assert.deepEqual(Object.fromEntries(drop), {
      ...{ [a]: 'settled', [b]: 'done', [d]: 'claimed', [e]: 'done', none: 'unknown' },
    });
    const revived = await store.revive([a, b, c, d, 'none']);
    assert.deepEqual(Object.fromEntries(revived), {
      ...{ [a]: 'settled', [b]: 'done', [c]: 'done', [d]: 'claimed', none: 'unknown' },
    });
    for (const one of [store, await place.crash()]) {
      assert.deepEqual(await shown(one, a), ['delivered', 1, 0]);
      assert.deepEqual(await shown(one, b), ['pending', 1, 0]);
      assert.deepEqual(await shown(one, c), ['pending', 1, 0]);
      assert.deepEqual(await shown(one, e), ['dropped', 0, 0]);
      assert.deepEqual(await backlog(one), [{ webhook: 'hook', pending: 3, dead: 0, oldest: clock.now() }]);
    }
    assert.deepEqual(await claimed(place.store, clock.now()), [b, c, d]);
    assert.equal((await place.store.attempts(b))?.length, 1);
  });

  test('what waits for its next attempt is due at once when it is revived, at the first step', async () => {
    await using place = await createPlace(open);
    const { store, clock } = place;
    const [a = ''] = await owe(store, 'desk', ['a']);
    await claimed(store, clock.now());
    await store.settle([later(a, clock.now() + 5000, 7)]);
    assert.deepEqual(await claimed(store, clock.now()), []);
    await store.revive([a]);
    assert.deepEqual(await shown(store, a), ['pending', 1, 0]);
    assert.deepEqual(await claimed(await place.crash(), clock.now()), [a]);
  });

  test('what is dropped while it is awaited lets the next of its stream go', async () => {
    await using place = await createPlace(open);
    const { store, clock } = place;
    const [a1 = '', a2 = '', a3 = ''] = await owe(store, 'desk', ['a', 'a', 'a']);
    await claimed(store, clock.now());
    await store.settle([later(a1, clock.now() + 5000)]);
    await store.drop([a1, a2]);
    assert.deepEqual(await claimed(store, clock.now()), [a3]);
  });

  test('what is revived takes its old place in its stream', async () => {
    await using place = await createPlace(open);
    const { store, clock } = place;
    const [a1 = '', a2 = '', b = ''] = await owe(store, 'desk', ['a', 'a', 'b']);
    await claimed(store, clock.now());
    await store.settle([dead(a1), delivered(b)]);
    await store.revive([a1]);
    assert.deepEqual(await claimed(store, clock.now()), [a1], 'before the one that had become first');
    await store.settle([dead(a1)]);
    assert.deepEqual(await claimed(store, clock.now()), [a2]);
    await store.revive([a1]);
    assert.deepEqual(await claimed(store, clock.now()), [], 'not beside one that is under way');
    await store.settle([later(a2, 1)]);
    assert.deepEqual(await claimed(store, clock.now()), [a1]);
  });

  const OVER = { delivered: 9e15, dead: 9e15, maxEvents: 1e9 };

  test('what is over long since is revived, delivered and over again, with all its attempts', async () => {
    await using place = await createPlace(open);
    const { clock } = place;
    const keys = Array.from({ length: 260 }, (_, at) => `k${at}`);
    const ids = await owe(place.store, 'desk', keys);
    const [a = '', b = '', c = ''] = ids;
    await claimed(place.store, clock.now());
    await place.store.settle(ids.map(dead));
    const told = async (id: string) => {
      const outcomes = (await place.store.attempts(id))?.map(({ outcome }) => outcome);
      return [...(await shown(place.store, id)).slice(0, 2), ...(outcomes ?? [])];
    };
    const failed = (count: number) => Array(count).fill('failed');
    for (let round = 1; round <= 3; round += 1) {
      await retainAll(place.store, { ...OVER, now: clock.now() });
      await clock.advance(1000);
      await place.store.revive([a, b]);
      await place.store.drop([c]);
      if (round === 1) await place.crash();
      assert.deepEqual(await claimed(place.store, clock.now()), [a, b]);
      await place.store.settle([later(a, clock.now()), dead(b)]);
      if (round === 2) await place.reopen();
      assert.deepEqual(await claimed(place.store, clock.now()), [a]);
      if (round === 3) await place.crash();
      else await place.store.settle([dead(a)]);
      assert.deepEqual(await told(b), ['dead', 1 + round, ...failed(1 + round)]);
      assert.deepEqual(await told(c), ['dropped', 1, 'failed']);
    }
    assert.deepEqual(await told(a), ['pending', 7, ...failed(6), 'unknown']);
    await place.store.drop([a]);
    await retainAll(place.store, { ...OVER, now: clock.now() });
    const before = await allDeliveries(place.store, { limit: 300 });
    assert.deepEqual(await told(a), ['dropped', 7, ...failed(6), 'unknown']);
    await place.reopen();
    assert.deepEqual(await allDeliveries(place.store, { limit: 300 }), before);
    assert.deepEqual(await told(a), ['dropped', 7, ...failed(6), 'unknown']);
    assert.deepEqual(await told(b), ['dead', 4, ...failed(4)]);
    assert.equal((await backlog(place.store))[0]?.dead, 258);
    await retainAll(place.store, { ...OVER, now: clock.now(), maxEvents: 0 });
    assert.deepEqual(await allDeliveries(place.store), []);
    assert.deepEqual(await backlog(await place.crash()), []);
  });

  test('a replay owes kept events again, page by page, in their order and after what is fresh', async () => {
    await using place = await createPlace(open);
    const { store, clock } = place;
    const early = await owe(store, 'desk', ['x']);
    await clock.advance(1000);
    const since = clock.now();
    const old = await owe(store, 'desk', ['a', 'b', 'a', 'c', 'd']);
    for (let ids = await claimed(store, since); ids.length > 0; ids = await claimed(store, since)) {
      await store.settle(ids.map((id) => (id === old[4] ? dead(id) : delivered(id))));
    }
    await clock.advance(1000);
    const until = clock.now();
    await clock.advance(1);
    const [late = ''] = await owe(store, 'desk', ['y']);
    await store.settle((await claimed(store, clock.now())).map(delivered));
    await clock.advance(1000);
    const request = { webhook: 'hook', since, until, limit: 2 };
    const first = await store.requeue(request);
    assert.deepEqual(first, { requeued: 2, next: old[1] });
    await clock.advance(1000);
    const second = await store.requeue({ ...request, limit: 9, after: first.next ?? '' });
    assert.deepEqual(second, { requeued: 3, next: null });
    assert.equal((await store.requeue({ ...request, after: 'none' })).requeued, 0);
    assert.equal((await store.requeue({ ...request, webhook: 'none' })).requeued, 0);
    const fresh = await owe(store, 'desk', ['z', 'a']);
    assert.deepEqual(
      (await backlog(await place.crash())).map(({ pending, dead }) => [pending, dead]),
      [[7, 0]],
    );
    const order: string[] = [];
    for (;;) {
      const [id] = await claimed(place.store, clock.now(), 'key', 1);
      if (id === undefined) break;
      order.push(id);
      await place.store.settle([delivered(id)]);
    }
    assert.deepEqual(
      order,
      [fresh[0], old[0], old[1], old[2], old[3], old[4], fresh[1]].toSorted(byPlace(order)),
    );
    assert.equal(order[0], fresh[0], 'what is fresh comes first');
    assert.ok(order.indexOf(old[2] ?? '') < order.indexOf(fresh[1] ?? ''), 'but not in its own stream');
    assert.equal((await delivery(place.store, old[0] ?? ''))?.attempts, 2);
    for (const id of [...early, late]) assert.equal((await delivery(place.store, id))?.attempts, 1);
  });

  test('claims and interventions at the same instant never leave a delivery both sent and dropped', async () => {
    await using place = await createPlace(open);
    const { store, clock } = place;
    const ids = await owe(
      store,
      'desk',
      Array.from({ length: 40 }, (_, at) => `k${at}`),
    );
    const [first, told, second] = await Promise.all([
      claimed(store, clock.now(), 'key', 10),
      store.drop(ids.slice(5, 25)),
      claimed(store, clock.now(), 'key', 10),
    ]);
    const dropped = [...told].flatMap(([id, what]) => (what === 'done' ? id : []));
    const sent = new Set([...first, ...second]);
    assert.deepEqual(
      dropped.filter((id) => sent.has(id)),
      [],
    );
    assert.equal(dropped.length + [...told.values()].filter((what) => what === 'claimed').length, 20);
    const after = await place.crash();
    assert.equal((await allDeliveries(after, { state: 'dropped' })).length, dropped.length);
  });
}

function byPlace(order: readonly string[]) {
  return (a: string | undefined, b: string | undefined) => order.indexOf(a ?? '') - order.indexOf(b ?? '');
}
