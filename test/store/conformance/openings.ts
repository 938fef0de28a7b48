import assert from 'node:assert/strict';
import { symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { AFTER_RESET } from '../../../src/store/contract.ts';
import { until } from '../../fake-clock.ts';
import { createPlace, type Open } from './place.ts';
import { allDeliveries, backlog, snapshot } from './read.ts';
import {
  claimed,
  commitOf,
  delivered,
  event,
  note,
  owe,
  owed,
  progress,
  record,
  webhook,
} from './samples.ts';

/** Fresh state, restarts, the lock, notes. */
export function openings(open: Open): void {
  test('a fresh state is empty and answers every question', async () => {
    await using place = await createPlace(open);
    const { store } = place;
    assert.deepEqual(await store.sources(), []);
    assert.equal(await store.source('desk'), null);
    assert.equal((await snapshot(store, 'desk')).size, 0);
    assert.equal((await store.values('desk', ['a', '__proto__'])).size, 0);
    assert.equal((await store.notes()).size, 0);
    assert.deepEqual(await store.webhooks(), []);
    assert.deepEqual(await backlog(store), []);
    assert.deepEqual(await store.deliveries({ limit: 10 }), { items: [], next: null });
    assert.equal(await store.attempts('none'), null);
    assert.deepEqual(await store.claim({ webhook: 'hook', order: 'key', now: 9e15, limit: 10 }), {
      deliveries: [],
      superseded: [],
      next: null,
    });
    assert.equal(await store.retain({ now: 9e15, delivered: 0, dead: 0, maxEvents: 0 }), false);
    await store.settle([]);
    await store.reset('desk');
  });

  test('the identity is random, long, and stays', async () => {
    await using place = await createPlace(open);
    await using other = await createPlace(open);
    const { identity } = place.store;
    assert.ok(identity.length >= 16, identity);
    assert.notEqual(identity, other.store.identity);
    assert.equal((await place.reopen()).identity, identity);
    assert.equal((await place.crash()).identity, identity);
  });

  test('everything that was acknowledged is there after a restart and after a kill', async () => {
    await using place = await createPlace(open);
    const events = [event('desk', 1, 'a'), event('desk', 2, null), event('desk', 3, '')];
    const first = commitOf({
      source: 'desk',
      difference: { replace: false, upserts: [record('a', '{"id":1}'), record('b', '2')], removes: [] },
      events,
      deliveries: owed(events, 'one', 'two'),
    });
    await place.store.commit(first);
    await place.store.claim({ webhook: 'one', order: 'none', now: place.clock.now(), limit: 10 });
    await place.store.settle([delivered('evt_desk_1_one')], [webhook('one', 3)]);
    await place.store.settle([delivered('evt_desk_2_one'), delivered('evt_desk_3_one')]);
    const read = async () => ({
      sources: await place.store.sources(),
      snapshot: await snapshot(place.store, 'desk'),
      notes: await place.store.notes(),
      deliveries: await allDeliveries(place.store),
      attempts: await place.store.attempts('evt_desk_1_one'),
      webhooks: await place.store.webhooks(),
      backlog: await backlog(place.store),
    });
    const before = await read();
    assert.equal(before.deliveries.length, 6);
    await place.crash();
    assert.deepEqual(await read(), before);
    await place.reopen();
    assert.deepEqual(await read(), before);
  });

  test('a state that is open cannot be opened again, and can once it is closed', async () => {
    await using place = await createPlace(open);
    await assert.rejects(place.open(), { code: 'STATE_LOCKED' });
    await place.store.commit(commitOf({ source: 'desk' }));
    await place.reopen();
    await assert.rejects(place.open(), { code: 'STATE_LOCKED' });
    assert.equal((await place.store.sources()).length, 1);
  });

  test('a state that is open cannot be opened by another name', async () => {
    await using place = await createPlace(open);
    await place.store.commit(commitOf({ source: 'desk' }));
    for (const [from, to] of [
      ['link', place.path],
      ['relative', 'state'],
      ['folder', '.'],
    ] as const) {
      const link = join(dirname(place.path), from);
      await symlink(to, link);
      const alias = from === 'folder' ? join(link, 'state') : link;
      await assert.rejects(place.open(alias), { code: 'STATE_LOCKED' }, from);
    }
    await place.store.close();
    await using store = await place.open(join(dirname(place.path), 'link'));
    assert.equal((await store.sources()).length, 1);
    await assert.rejects(place.open(), { code: 'STATE_LOCKED' });
  });

  test('closing twice is closing once, and so is disposing', async () => {
    await using place = await createPlace(open);
    await place.store.close();
    await place.store.close();
    await place.store[Symbol.asyncDispose]();
  });

  test('closing waits for what was asked before, and nothing can be asked afterwards', async () => {
    await using place = await createPlace(open);
    const { store } = place;
    const asked = store.commit(commitOf({ source: 'desk' }));
    const closed = store.close();
    await assert.rejects(store.sources(), { code: 'STATE_UNAVAILABLE' });
    assert.throws(() => store.note('desk', note(1)), { code: 'STATE_UNAVAILABLE' });
    await closed;
    assert.equal(await asked, 'committed');
    await assert.rejects(store.settle([]), { code: 'STATE_UNAVAILABLE' });
    assert.equal((await place.reopen()).interrupted.size, 0);
    assert.equal((await place.store.sources()).length, 1);
  });

  test('notes show at once, replace each other, and survive closing', async () => {
    await using place = await createPlace(open);
    const bad = { polled: 7, succeeded: null, failures: 3, notBefore: 99, error: 'é "x"\n' };
    place.store.note('desk', note(1));
    place.store.note('desk', bad);
    place.store.note('other', note(2));
    const expected = new Map([
      ['desk', bad],
      ['other', note(2)],
    ]);
    assert.deepEqual(await place.store.notes(), expected);
    await place.reopen();
    assert.deepEqual(await place.store.notes(), expected);
    assert.deepEqual(await place.store.sources(), []);
  });

  test('a note is durable soon, without closing', async () => {
    await using place = await createPlace(open);
    const { store, clock } = place;
    const kept = async () => (await (await place.remains()).notes()).get('desk')?.polled;
    for (const polled of [1, 2]) {
      store.note('desk', note(polled));
      await until(async () => {
        await clock.advance(1000);
        // A file that is being replaced may vanish under the copy: look again.
        return (await kept().catch(() => undefined)) === polled;
      }, 'note on disk');
    }
  });

  test('a commit brings its note with it', async () => {
    await using place = await createPlace(open);
    place.store.note('desk', note(1));
    await place.store.commit(commitOf({ source: 'desk', note: note(2) }));
    assert.equal((await place.store.notes()).get('desk')?.polled, 2);
    assert.equal((await (await place.crash()).notes()).get('desk')?.polled, 2);
  });

  test('a reset forgets snapshot, progress and note, and keeps events, deliveries and counting', async () => {
    await using place = await createPlace(open);
    const { store } = place;
    const events = [event('desk', 1, 'a'), event('desk', 2, 'b')];
    const difference = { replace: false, upserts: [record('a', '1'), record('b', '2')], removes: [] };
    await store.commit(commitOf({ source: 'desk', difference, events, deliveries: owed(events, 'hook') }));
    await store.commit(commitOf({ source: 'kept', difference }));
    store.note('desk', note(5));
    await store.reset('desk');
    for (const reopened of [false, true]) {
      const now = reopened ? await place.reopen() : store;
      const counters = { source: 'desk', version: 1, sequence: 2, records: 0 };
      assert.deepEqual(await now.source('desk'), { ...AFTER_RESET, ...counters });
      assert.equal((await snapshot(now, 'desk')).size, 0);
      assert.equal((await snapshot(now, 'kept')).size, 2);
      assert.equal((await now.notes()).has('desk'), false);
      assert.equal((await allDeliveries(now)).length, 2);
      if (!reopened) continue;
      assert.deepEqual(await claimed(now, place.clock.now()), ['evt_desk_1_hook', 'evt_desk_2_hook']);
      assert.equal(await now.commit(commitOf({ source: 'desk', expected: 0 })), 'conflict');
      const third = [event('desk', 3, 'a')];
      assert.equal(
        await now.commit(commitOf({ source: 'desk', expected: 1, events: third, progress: progress(9) })),
        'committed',
      );
      assert.deepEqual(await now.source('desk'), {
        ...progress(9),
        source: 'desk',
        version: 2,
        sequence: 3,
        records: 0,
      });
    }
    await owe(place.store, 'desk', ['c']);
    assert.equal((await place.store.source('desk'))?.sequence, 4);
  });
}
