import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Store } from '../../../src/store/contract.ts';
import { readJsonState } from '../../../src/store/json/read.ts';
import { verifyJson } from '../../../src/store/json/verify.ts';
import { claimed, delivered, note, owe } from '../conformance/samples.ts';
import { commitNext, openState, quickDisk, scratch } from './state.ts';

const folder = scratch();
after(() => folder[Symbol.dispose]());

const values = async (store: Pick<Store, 'values'>, source: string) =>
  Object.fromEntries(await store.values(source, ['a', 'b']));

test('killed at any step of a rename, the snapshot stands under one of the names', async () => {
  const KILLED = new Error('killed');
  let carried = 0;
  for (let at = 1, ended = false; !ended; at += 1) {
    const state = join(folder.path, `step-${at}`);
    let steps = Number.NEGATIVE_INFINITY;
    const disk = new Proxy(quickDisk, {
      get: (target, step: keyof typeof quickDisk) => {
        return (...args: never[]) => {
          steps += 1;
          if (steps === at) return Promise.reject(KILLED);
          return (target[step] as (...args: never[]) => Promise<unknown>)(...args);
        };
      },
    });
    const store = await openState(state, { onFatal: () => undefined }, disk);
    await commitNext(store, 'old', ['a', 'b'], '7');
    await commitNext(store, 'new', ['a'], '8');
    await store.reset('new');
    store.note('old', note(5));
    steps = 0;
    ended = await store.rename('old', 'new').then(
      () => true,
      () => false,
    );
    const left = folder.copy(state);
    assert.deepEqual(await verifyJson(left), [], `step ${at}`);
    const seen = readJsonState(left);
    await using successor = await openState(left);
    assert(seen);
    for (const one of [seen, successor]) {
      const here = await values(one, 'new');
      const there = await values(one, 'old');
      assert.deepEqual(
        [here, there].map((found) => Object.keys(found).length).toSorted(),
        [0, 2],
        `step ${at}`,
      );
      assert.deepEqual({ ...here, ...there }, { a: '7', b: '7' });
    }
    if (Object.keys(await values(successor, 'new')).length === 0) continue;
    carried += 1;
    assert.deepEqual(await successor.source('old').then((one) => one && [one.version, one.records]), [2, 0]);
    assert.deepEqual(await successor.source('new').then((one) => one && [one.version, one.sequence]), [2, 2]);
    // The old name goes on with a snapshot of its own.
    await commitNext(successor, 'old', ['a'], '9');
    assert.deepEqual(await values(successor, 'old'), { a: '9' });
    assert.deepEqual(await values(successor, 'new'), { a: '7', b: '7' });
    await store.close().catch(() => undefined);
  }
  assert.ok(carried > 3, `${carried} steps lay behind the commit`);
});

test('what is revived while its batch is half in the history neither blocks nor comes back', async () => {
  const state = join(folder.path, 'half');
  const store = await openState(state);
  const ids = await owe(
    store,
    'desk',
    Array.from({ length: 300 }, (_, at) => `k${at}`),
  );
  await claimed(store, 1);
  await store.settle(ids.map((id) => ({ ...delivered(id), state: 'dead' })));
  // Two in the rest that stays in the spool, one in the history.
  assert.equal(await store.retain({ now: 9e15, delivered: 9e15, dead: 9e15, maxEvents: 1e9 }), true);
  await store.revive([ids[5] ?? '', ids[260] ?? '', ids[270] ?? '']);
  for (let step = 0; step < 9; step += 1)
    await store.retain({ now: 9e15, delivered: 9e15, dead: 0, maxEvents: 0 });
  const pending = async (one: Store) =>
    (await one.deliveries({ state: 'pending', limit: 99 })).items.map(({ id }) => id);
  assert.deepEqual(await pending(store), [ids[5], ids[260], ids[270]]);
  {
    await using successor = await openState(folder.copy(state));
    assert.deepEqual(await pending(successor), [ids[5], ids[260], ids[270]]);
    const states = new Set((await successor.deliveries({ limit: 999 })).items.map((one) => one.state));
    assert.ok(!states.has('delivered'), 'what was removed has not come back');
  }
  await store.settle((await claimed(store, 9e15)).map(delivered));
  for (let step = 0; step < 9; step += 1)
    await store.retain({ now: 9e15, delivered: 0, dead: 0, maxEvents: 0 });
  assert.deepEqual((await store.deliveries({ limit: 9 })).items, []);
  await using successor = await openState(folder.copy(state));
  assert.deepEqual((await successor.deliveries({ limit: 9 })).items, []);
  await store.close();
});
