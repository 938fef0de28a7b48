import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPlace, type Open } from './place.ts';
import { delivery } from './read.ts';
import { claimed, commitOf, dead, delivered, event, later, owe, owed } from './samples.ts';

const DAY = 86_400_000;

/** Which deliveries may be sent now. */
export function claims(open: Open): void {
  test('a claim gives whole deliveries and counts the attempt', async () => {
    await using place = await createPlace(open);
    const { store, clock } = place;
    const events = [event('desk', 1, null)];
    await store.commit(commitOf({ source: 'desk', events, deliveries: owed(events, 'hook') }));
    const claim = await store.claim({ webhook: 'hook', order: 'key', now: clock.now(), limit: 10 });
    assert.deepEqual(claim, {
      deliveries: [
        {
          id: 'evt_desk_1_hook',
          webhook: 'hook',
          event: events[0],
          created: clock.now(),
          state: 'pending',
          attempts: 1,
          steps: 0,
          nextAttempt: 0,
          lastStatus: null,
          batch: null,
        },
      ],
      superseded: [],
      next: null,
    });
    assert.equal((await delivery(store, 'evt_desk_1_hook'))?.attempts, 1);
    assert.equal((await delivery(await place.crash(), 'evt_desk_1_hook'))?.attempts, 1);
  });

  test('order key: the oldest of each source and key, while none of them is under way', async () => {
    await using place = await createPlace(open);
    const { store, clock } = place;
    const now = clock.now();
    const [a1, a2, b1] = await owe(store, 'desk', ['a', 'a', 'b']);
    const [o1] = await owe(store, 'other', ['a']);
    assert.deepEqual(await claimed(store, now), [a1, b1, o1]);
    assert.deepEqual(await claimed(store, now), []);
    await store.settle([delivered(a1 ?? '')]);
    assert.deepEqual(await claimed(store, now), [a2]);
  });

  test('order webhook: strictly one after another', async () => {
    await using place = await createPlace(open);
    const { store, clock } = place;
    const now = clock.now();
    const all = [...(await owe(store, 'desk', ['a', 'b'])), ...(await owe(store, 'other', [null]))];
    for (const id of all) {
      assert.deepEqual(await claimed(store, now, 'webhook'), [id]);
      assert.deepEqual(await claimed(store, now, 'webhook'), []);
      await store.settle([id === all[1] ? dead(id) : delivered(id)]);
    }
    assert.deepEqual(await claimed(store, now, 'webhook'), []);
  });

  test('order none: everything that is due', async () => {
    await using place = await createPlace(open);
    const { store, clock } = place;
    const all = await owe(store, 'desk', ['a', 'a', 'a', null]);
    assert.deepEqual(await claimed(store, clock.now(), 'none'), all);
    assert.deepEqual(await claimed(store, clock.now(), 'none'), []);
  });

  test('webhooks do not wait for each other', async () => {
    await using place = await createPlace(open);
    const { store, clock } = place;
    const [one] = await owe(store, 'desk', ['a'], 'one');
    const [two] = await owe(store, 'desk', ['a'], 'two');
    assert.deepEqual(await claimed(store, clock.now(), 'webhook', 10, 'one'), [one]);
    assert.deepEqual(await claimed(store, clock.now(), 'webhook', 10, 'two'), [two]);
    assert.deepEqual(await claimed(store, clock.now(), 'webhook', 10, 'three'), []);
  });

  test('a delivery that is not due holds back its stream, and only that', async () => {
    await using place = await createPlace(open);
    const { store, clock } = place;
    const now = clock.now();
    const [a1 = '', a2, b1 = ''] = await owe(store, 'desk', ['a', 'a', 'b']);
    await claimed(store, now);
    await store.settle([later(a1, now + 50), delivered(b1)]);
    assert.deepEqual(await store.claim({ webhook: 'hook', order: 'key', now: now + 49, limit: 9 }), {
      deliveries: [],
      superseded: [],
      next: now + 50,
    });
    assert.deepEqual(await claimed(store, now + 50), [a1]);
    await store.settle([delivered(a1)]);
    assert.deepEqual(await claimed(store, now + 50), [a2]);
  });

  test('the earliest due comes first, then the oldest; limit stops there and next tells of the rest', async () => {
    await using place = await createPlace(open);
    const { store, clock } = place;
    const now = clock.now();
    const [a = '', b = '', c = '', d = ''] = await owe(store, 'desk', ['a', 'b', 'c', 'd']);
    await claimed(store, now);
    await store.settle([later(a, now + 30), later(b, now + 10), later(c, now + 20), later(d, now + 10)]);
    const claim = async (limit: number) => {
      const { deliveries, next } = await store.claim({ webhook: 'hook', order: 'key', now: now + 30, limit });
      return [deliveries.map(({ id }) => id), next];
    };
    assert.deepEqual(await claim(0), [[], now + 10]);
    assert.deepEqual(await claim(1), [[b], now + 10]);
    assert.deepEqual(await claim(2), [[d, c], now + 30]);
    assert.deepEqual(await claim(2), [[a], null]);
    const [e] = await owe(store, 'other', ['e']);
    await owe(store, 'other', ['e']);
    assert.deepEqual(await claim(2), [[e], null], 'what waits behind a claimed one has no time yet');
  });

  test('ahead takes the one that is due first, however far ahead', async () => {
    await using place = await createPlace(open);
    const { store, clock } = place;
    const now = clock.now();
    const [a = '', b = ''] = await owe(store, 'desk', ['a', 'b', 'a', 'b']);
    await claimed(store, now);
    await store.settle([later(a, now + 30 * DAY), later(b, now + 1000)]);
    const ahead = async () =>
      (await store.claim({ webhook: 'hook', order: 'key', now, limit: 1, ahead: true })).deliveries.map(
        ({ id }) => id,
      );
    assert.deepEqual(await ahead(), [b]);
    assert.deepEqual(await ahead(), [a]);
    assert.deepEqual(await ahead(), []);
  });

  test('a clock that is set back does not hold up what was never attempted', async () => {
    await using place = await createPlace(open);
    const { clock } = place;
    const [first] = await owe(place.store, 'desk', ['a']);
    clock.setWall(clock.now() - DAY);
    const [second] = await owe(place.store, 'desk', ['b']);
    assert.deepEqual(
      await claimed(place.store, clock.now(), 'key', 1),
      [first],
      'still in the order of commits',
    );
    const claim = await place.store.claim({ webhook: 'hook', order: 'key', now: clock.now(), limit: 0 });
    assert.ok(claim.next !== null && claim.next <= clock.now(), `${claim.next}`);
    await place.crash();
    assert.deepEqual(await claimed(place.store, clock.now()), [first, second]);
  });

  for (const restarted of [false, true]) {
    const when = restarted ? 'after a restart' : 'while the state is open';
    test(`a time that no schedule reaches is of a clock that was set back since, and due: ${when}`, async () => {
      await using place = await createPlace(open);
      const { clock } = place;
      const real = clock.now();
      const [a = '', b = '', c = ''] = await owe(place.store, 'desk', ['a', 'b', 'c']);
      clock.setWall(real + 4000 * DAY);
      assert.deepEqual(await claimed(place.store, clock.now()), [a, b, c]);
      await place.store.settle([later(a, clock.now() + 1000), later(b, real + 31 * DAY)]);
      clock.setWall(real);
      if (restarted) await place.reopen();
      else await place.store.settle([later(c, real + 4000 * DAY)]);
      const claim = await place.store.claim({ webhook: 'hook', order: 'key', now: real, limit: 9 });
      assert.deepEqual(
        claim.deliveries.map(({ id, nextAttempt }) => [id, nextAttempt]),
        [
          [a, 0],
          [c, 0],
        ],
      );
      assert.equal(claim.next, real + 31 * DAY);
    });
  }

  test('a change of order between claims counts at once, and what is under way still counts', async () => {
    await using place = await createPlace(open);
    const { store, clock } = place;
    const now = clock.now();
    const [a1 = '', a2 = '', b1 = '', a3 = ''] = await owe(store, 'desk', ['a', 'a', 'b', 'a']);
    assert.deepEqual(await claimed(store, now, 'webhook'), [a1]);
    assert.deepEqual(await claimed(store, now, 'key'), [b1]);
    assert.deepEqual(await claimed(store, now, 'none', 1), [a2]);
    assert.deepEqual(await claimed(store, now, 'webhook'), []);
    await store.settle([later(a1, 0)]);
    for (const order of ['webhook', 'key', 'webhook', 'key'] as const) {
      assert.deepEqual(await claimed(store, now, order), [], 'the second of its stream is still under way');
    }
    assert.deepEqual(await claimed(store, now, 'none', 1), [a1]);
    await store.settle([delivered(a1)]);
    await store.settle([later(a2, now + 5)]);
    assert.deepEqual(await claimed(store, now, 'key'), []);
    assert.deepEqual(await claimed(store, now, 'none'), [a3]);
    await store.settle([delivered(a3), delivered(b1)]);
    assert.deepEqual(await claimed(store, now, 'key'), []);
    assert.deepEqual(await claimed(store, now + 5, 'key'), [a2]);
  });

  test('order survives restarts: the oldest of a stream is still first', async () => {
    await using place = await createPlace(open);
    const now = place.clock.now();
    const [a1 = '', a2 = '', a3 = ''] = await owe(place.store, 'desk', ['a', 'a', 'a']);
    await claimed(place.store, now);
    await place.store.settle([later(a1, now + 10)]);
    await place.crash();
    assert.deepEqual(await claimed(place.store, now), []);
    assert.deepEqual(await claimed(place.store, now + 10), [a1]);
    await place.store.settle([delivered(a1)]);
    await place.reopen();
    assert.deepEqual(await claimed(place.store, now), [a2]);
    await place.store.settle([delivered(a2)]);
    assert.deepEqual(await claimed(place.store, now), [a3]);
  });

  test('claims of one webhook at the same instant never give the same delivery twice', async () => {
    await using place = await createPlace(open);
    const { store, clock } = place;
    const all = await owe(
      store,
      'desk',
      Array.from({ length: 60 }, (_, index) => `k${index % 30}`),
    );
    const claims = await Promise.all(Array.from({ length: 8 }, () => claimed(store, clock.now(), 'key', 5)));
    assert.deepEqual(claims.flat().toSorted(), all.slice(0, 30).toSorted());
  });
}
