import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AFTER_RESET } from '../../../src/store/contract.ts';
import { createPlace, type Open } from './place.ts';
import { snapshot } from './read.ts';
import { claimed, commitOf, delivered, event, note, owe, owed, progress, record } from './samples.ts';

/** Facts with a name, and sources with another one. */
export function names(open: Open): void {
  test('a memo is there until it is forgotten, whatever its name', async () => {
    await using place = await createPlace(open);
    const value = { until: 1.5, why: 'é\u0000', list: [null, { __proto__x: true }] };
    for (const name of ['budget:desk', '__proto__', '', 'a\\b\ud800'])
      await place.store.remember(name, value);
    await place.store.remember('budget:desk', { until: 2 });
    await place.store.remember('', null);
    await place.store.remember('never', null);
    const expected = new Map<string, unknown>([
      ['budget:desk', { until: 2 }],
      ['__proto__', value],
      ['a\\b\ud800', value],
    ]);
    assert.deepEqual(await place.store.memos(), expected);
    assert.deepEqual(await (await place.crash()).memos(), expected);
    assert.deepEqual(await (await place.reopen()).memos(), expected);
  });

  test('memos of many callers at the same instant are all remembered', async () => {
    await using place = await createPlace(open);
    const all = Array.from({ length: 50 }, (_, at) => `m${at}`);
    await Promise.all(all.map((name, n) => place.store.remember(name, { n })));
    const kept = await (await place.crash()).memos();
    assert.deepEqual([...kept.keys()].toSorted(), all.toSorted());
  });

  test('a source goes on under another name: snapshot, note, counting; the old one is as after a reset', async () => {
    await using place = await createPlace(open);
    const { clock } = place;
    const events = [event('old', 1, 'a'), event('old', 2, 'b')];
    const difference = { replace: false, upserts: [record('a', '1.0'), record('b', '2')], removes: [] };
    await place.store.commit(
      commitOf({
        source: 'old',
        difference,
        progress: progress(7),
        events,
        deliveries: owed(events, 'hook'),
      }),
    );
    place.store.note('old', note(9));
    const before = await place.store.event('evt_old_1');
    assert.equal(await place.store.rename('old', 'new'), 'renamed');
    for (const store of [place.store, await place.crash()]) {
      const carried = { ...progress(7), source: 'new', version: 1, sequence: 2, records: 2 };
      assert.deepEqual(await store.source('new'), carried);
      assert.deepEqual(
        await snapshot(store, 'new'),
        new Map([
          ['a', { digest: record('a', '1.0').digest, text: '1.0' }],
          ['b', { digest: record('b', '2').digest, text: '2' }],
        ]),
      );
      assert.deepEqual(await store.notes(), new Map([['new', note(9)]]));
      const left = { ...AFTER_RESET, source: 'old', version: 2, sequence: 2, records: 0 };
      assert.deepEqual(await store.source('old'), left);
      assert.equal((await snapshot(store, 'old')).size, 0);
      assert.deepEqual(await store.event('evt_old_1'), before);
    }
    const { store } = place;
    assert.equal(await store.commit(commitOf({ source: 'old', expected: 1 })), 'conflict');
    assert.equal(await store.rename('old', 'new'), 'absent', 'again is no mistake');
    const [next = ''] = await owe(store, 'new', ['a']);
    assert.equal(next, 'evt_new_3_hook');
    assert.deepEqual(await claimed(store, clock.now()), ['evt_old_1_hook', 'evt_old_2_hook']);
    await store.settle([delivered('evt_old_1_hook')]);
    assert.deepEqual(await claimed(store, clock.now()), [next], 'after what the old name owes of its record');
  });

  test('nothing is renamed over a snapshot, nor from nowhere', async () => {
    await using place = await createPlace(open);
    const { store } = place;
    const difference = { replace: false, upserts: [record('a', '1')], removes: [] };
    await store.commit(commitOf({ source: 'one', difference }));
    await store.commit(commitOf({ source: 'two', difference }));
    assert.equal(await store.rename('one', 'two'), 'occupied');
    assert.equal(await store.rename('one', 'one'), 'occupied');
    assert.equal(await store.rename('none', 'three'), 'absent');
    await store.reset('two');
    assert.equal(await store.rename('two', 'three'), 'absent');
    assert.equal(await store.rename('one', 'two'), 'renamed');
    assert.equal((await store.source('two'))?.version, 2, 'a version never comes twice');
    assert.equal(await store.rename('two', 'one'), 'renamed');
    for (const one of [store, await place.crash()]) {
      assert.equal((await snapshot(one, 'one')).size, 1);
      assert.equal((await snapshot(one, 'two')).size, 0);
      assert.equal((await one.source('three')) ?? null, null);
    }
    assert.equal(await place.store.commit(commitOf({ source: 'two', expected: 3, difference })), 'committed');
    assert.equal((await snapshot(place.store, 'one')).size, 1);
    assert.equal((await snapshot(place.store, 'two')).size, 1);
  });
}
