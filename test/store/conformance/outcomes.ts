import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPlace, type Open } from './place.ts';
import { backlog, delivery, retainAll } from './read.ts';
import { attempt, claimed, dead, delivered, later, owe, webhook } from './samples.ts';

/** What attempts come to: settlements, webhooks' states, attempts whose outcome nobody knows, the backlog. */
export function outcomes(open: Open): void {
  test('delivered, dead and pending again, several at once', async () => {
    await using place = await createPlace(open);
    const { store, clock } = place;
    const now = clock.now();
    const [a = '', b = '', c = ''] = await owe(store, 'desk', ['a', 'b', 'c']);
    await claimed(store, now);
    await store.settle([delivered(a), dead(b), later(c, now + 70, 4)]);
    for (const one of [store, await place.crash()]) {
      const seen = await Promise.all([a, b, c].map((id) => delivery(one, id)));
      assert.deepEqual(
        seen.map((found) => [found?.state, found?.attempts, found?.steps, found?.lastStatus]),
        [
          ['delivered', 1, 0, 204],
          ['dead', 1, 1, 500],
          ['pending', 1, 4, 500],
        ],
      );
      assert.equal(seen[2]?.nextAttempt, now + 70);
    }
  });

  test('an attempt that was cut off says nothing of the status', async () => {
    await using place = await createPlace(open);
    const { store, clock } = place;
    const [a = ''] = await owe(store, 'desk', ['a']);
    await claimed(store, clock.now());
    await store.settle([later(a, clock.now())]);
    await claimed(store, clock.now());
    const unknown = { ...attempt('unknown'), status: null };
    await store.settle([{ ...later(a, clock.now()), attempt: unknown }]);
    for (const one of [store, await place.crash()]) {
      assert.equal((await delivery(one, a))?.lastStatus, 500);
      assert.equal((await one.attempts(a))?.length, 2);
    }
  });

  test('attempts are listed oldest first, exactly as they were recorded', async () => {
    await using place = await createPlace(open);
    const { store, clock } = place;
    const now = clock.now();
    const [a = ''] = await owe(store, 'desk', ['a']);
    assert.deepEqual(await store.attempts(a), []);
    const limited = { ...attempt('limited', 6), status: 429, error: 'asked to wait', answer: null };
    const broken = { ...attempt('failed', 7), status: null };
    const recorded = [attempt('failed', 5), limited, broken, attempt('delivered', 8)];
    for (const [index, one] of recorded.entries()) {
      assert.deepEqual(await claimed(store, now), [a]);
      const state = index === 3 ? 'delivered' : 'pending';
      await store.settle([{ delivery: a, attempt: one, state, steps: index, nextAttempt: now }]);
      assert.deepEqual(await store.attempts(a), recorded.slice(0, index + 1));
      assert.equal((await delivery(store, a))?.lastStatus, one.status);
    }
    assert.equal((await delivery(store, a))?.attempts, 4);
    assert.deepEqual(await (await place.crash()).attempts(a), recorded);
    assert.equal(await place.store.attempts('unknown'), null);
  });

  test('of very many attempts the first and the newest twenty are kept, and all are counted', async () => {
    await using place = await createPlace(open);
    const now = place.clock.now();
    const [a = '', b = ''] = await owe(place.store, 'desk', ['a', 'b']);
    const made = Array.from({ length: 30 }, (_, index) => attempt('failed', index + 1));
    const expected = (count: number) => [1, ...Array.from({ length: 20 }, (_, index) => count - 19 + index)];
    const seen = async (id: string) => ({
      attempts: (await place.store.attempts(id))?.map(({ at }) => at),
      count: (await delivery(place.store, id))?.attempts,
    });
    for (const one of made) {
      const ids = await claimed(place.store, now);
      await place.store.settle(
        ids.map((id) => ({ delivery: id, attempt: one, state: 'pending', steps: 0, nextAttempt: now })),
      );
      if (one.at === 21) assert.deepEqual(await seen(a), { attempts: expected(21), count: 21 });
      if (one.at === 25) await place.crash();
    }
    assert.deepEqual(await seen(a), { attempts: expected(30), count: 30 });
    await claimed(place.store, now);
    await place.crash();
    const unknown = [1, ...expected(30).slice(2), now];
    assert.deepEqual(await seen(a), { attempts: unknown, count: 31 });
    await claimed(place.store, now);
    await place.store.settle([delivered(a), dead(b)]);
    const over = [1, ...expected(30).slice(3), now, 5];
    for (const id of [a, b]) assert.deepEqual(await seen(id), { attempts: over, count: 32 });
    await retainAll(place.store, { now: 9e15, delivered: 9e15, dead: 9e15, maxEvents: 1e9 });
    await place.reopen();
    for (const id of [a, b]) assert.deepEqual(await seen(id), { attempts: over, count: 32 });
  });

  test('settling what is not claimed is ignored: somebody else settled it', async () => {
    await using place = await createPlace(open);
    const { store, clock } = place;
    const now = clock.now();
    const [a = '', b = '', c = ''] = await owe(store, 'desk', ['a', 'b', 'c', 'a']);
    await store.settle([delivered('unknown'), delivered(a)]);
    assert.deepEqual(await claimed(store, now), [a, b, c]);
    await store.settle([delivered(a), dead(a)], [webhook('hook', 1)]);
    await Promise.all([store.settle([later(b, now + 5)]), store.settle([dead(b), delivered(c)])]);
    await store.settle([dead(a), dead(b), dead(c)], [webhook('hook', 2)]);
    for (const one of [store, await place.crash()]) {
      const seen = await Promise.all([a, b, c].map((id) => delivery(one, id)));
      assert.deepEqual(
        seen.map((found) => [found?.state, found?.attempts]),
        [
          ['delivered', 1],
          ['pending', 1],
          ['delivered', 1],
        ],
      );
      for (const id of [a, b, c]) assert.equal((await one.attempts(id))?.length, 1);
      assert.deepEqual(await one.webhooks(), [webhook('hook', 2)]);
      assert.deepEqual(
        (await backlog(one)).map(({ pending, dead }) => [pending, dead]),
        [[2, 0]],
      );
    }
    assert.deepEqual(await claimed(place.store, now + 5), ['evt_desk_4_hook', b]);
  });

  test('a state tells how many attempts of each webhook it found cut off when it was opened', async () => {
    await using place = await createPlace(open);
    const now = place.clock.now();
    assert.deepEqual(place.store.interrupted, new Map());
    const [a = ''] = await owe(place.store, 'desk', ['a', 'b', 'c'], 'one');
    await owe(place.store, 'desk', ['a', 'b'], 'two');
    await owe(place.store, 'desk', ['a'], 'three');
    await claimed(place.store, now, 'key', 9, 'one');
    await claimed(place.store, now, 'key', 1, 'two');
    await place.store.settle([delivered(a)]);
    assert.deepEqual(place.store.interrupted, new Map());
    const interrupted = new Map([
      ['one', 2],
      ['two', 1],
    ]);
    assert.deepEqual((await place.crash()).interrupted, interrupted);
    assert.deepEqual((await place.reopen()).interrupted, new Map());
  });

  for (const how of ['kill', 'restart'] as const) {
    test(`an attempt that a ${how} cut off has an unknown outcome, and the delivery is due again`, async () => {
      await using place = await createPlace(open);
      const now = place.clock.now();
      const [a = '', b = '', a2] = await owe(place.store, 'desk', ['a', 'b', 'a']);
      await claimed(place.store, now);
      await place.store.settle([later(b, now)]);
      await claimed(place.store, now);
      await (how === 'kill' ? place.crash() : place.reopen());
      assert.deepEqual(
        (await place.store.attempts(a))?.map(({ outcome, status }) => [outcome, status]),
        [['unknown', null]],
      );
      assert.deepEqual(
        (await place.store.attempts(b))?.map(({ outcome }) => outcome),
        ['failed', 'unknown'],
      );
      assert.equal((await delivery(place.store, b))?.steps, 1, 'an unknown outcome uses no step');
      await place.crash();
      assert.equal((await place.store.attempts(a))?.length, 1, 'it is recorded once');
      const { deliveries } = await place.store.claim({ webhook: 'hook', order: 'key', now, limit: 9 });
      assert.deepEqual(
        deliveries.map(({ id, attempts }) => [id, attempts]),
        [
          [a, 2],
          [b, 3],
        ],
      );
      await place.store.settle([delivered(a)]);
      assert.deepEqual(
        (await place.store.attempts(a))?.map(({ outcome }) => outcome),
        ['unknown', 'delivered'],
      );
      assert.deepEqual(await claimed(place.store, now), [a2]);
    });
  }

  test('settlements of many callers at the same instant are all recorded', async () => {
    await using place = await createPlace(open);
    const { store, clock } = place;
    const keys = Array.from({ length: 50 }, (_, index) => `k${index}`);
    const ids = await owe(store, 'desk', keys);
    await claimed(store, clock.now());
    await Promise.all(
      ids.map((id, index) => store.settle([delivered(id)], [webhook(`hook-${index % 3}`, index)])),
    );
    const after = await place.crash();
    for (const id of ids) assert.equal((await delivery(after, id))?.state, 'delivered');
    assert.deepEqual(
      (await after.webhooks()).map(({ failures }) => failures).sort((a, b) => a - b),
      [47, 48, 49],
    );
  });

  test('how webhooks stand is kept whole, with settlements and without', async () => {
    await using place = await createPlace(open);
    const { store } = place;
    const bad = {
      name: 'hook',
      failures: 5,
      pausedUntil: 123,
      probe: { at: 9, failed: 2 },
      held: { since: 4, reason: 'answered 410 é' },
      target: 'another url',
    };
    await store.settle([], [bad, webhook('other', 1)]);
    const sorted = async () => (await place.store.webhooks()).toSorted((x, y) => (x.name < y.name ? -1 : 1));
    assert.deepEqual(await sorted(), [bad, webhook('other', 1)]);
    await place.crash();
    assert.deepEqual(await sorted(), [bad, webhook('other', 1)]);
    await place.store.settle([], [webhook('hook')]);
    assert.deepEqual(await sorted(), [webhook('hook'), webhook('other', 1)]);
  });

  test('the backlog counts what is pending, under way included, and dead, per webhook', async () => {
    await using place = await createPlace(open);
    const { store, clock } = place;
    const start = clock.now();
    const [a = '', b = ''] = await owe(store, 'desk', ['a', 'b'], 'one');
    await clock.advance(1000);
    const [c = ''] = await owe(store, 'desk', ['c'], 'one');
    await owe(store, 'desk', ['d'], 'two');
    await claimed(store, clock.now(), 'key', 9, 'one');
    const two = { webhook: 'two', pending: 1, dead: 0, oldest: start + 1000 };
    assert.deepEqual(await backlog(store), [{ webhook: 'one', pending: 3, dead: 0, oldest: start }, two]);
    await store.settle([delivered(a), dead(b)]);
    const one = { webhook: 'one', pending: 1, dead: 1, oldest: start + 1000 };
    assert.deepEqual(await backlog(store), [one, two]);
    assert.deepEqual(await backlog(await place.crash()), [one, two]);
    await claimed(place.store, clock.now(), 'key', 9, 'one');
    await place.store.settle([delivered(c)]);
    assert.deepEqual(await backlog(place.store), [
      { webhook: 'one', pending: 0, dead: 1, oldest: null },
      two,
    ]);
  });
}
