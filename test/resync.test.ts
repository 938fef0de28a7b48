import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { resync } from '../src/resync.ts';
import type { Store } from '../src/store/contract.ts';
import { openJsonStore } from '../src/store/json/open.ts';
import { openSqliteStore } from '../src/store/sqlite/open.ts';
import { createPlace } from './store/conformance/place.ts';
import { commitOf, note, progress, record } from './store/conformance/samples.ts';

async function seed(store: Store, count: number): Promise<void> {
  const upserts = Array.from({ length: count }, (_, at) => record(`k${at}`, `{"id":${at},"n":1.0}`));
  const validators = { etag: '"1"', lastModified: null, request: 'r', fetched: 3 };
  const commit = commitOf({
    source: 'desk',
    difference: { replace: false, upserts, removes: [] },
    progress: { ...progress(77), validators },
    note: note(77),
  });
  assert.equal(await store.commit(commit), 'committed');
}

for (const [kind, open] of Object.entries({ 'JSON files': openJsonStore, SQLite: openSqliteStore })) {
  describe(`a resync on ${kind}`, () => {
    test('owes the whole snapshot to one webhook, in events of their own, and leaves the rest as it was', async () => {
      await using place = await createPlace(open);
      const { store, clock } = place;
      await seed(store, 1201);
      const before = await store.source('desk');
      assert.deepEqual(await resync('desk', 'hook', note(80), { store, clock }), {
        kind: 'resynced',
        events: 1201,
      });
      const { items } = await store.deliveries({ limit: 2000 });
      assert.equal(new Set(items.map(({ event }) => event.key)).size, 1201);
      assert.deepEqual(
        [...new Set(items.map(({ webhook, event: { type, change } }) => `${webhook} ${type} ${change}`))],
        ['hook desk.snapshot created'],
      );
      assert.deepEqual(
        items.map(({ event }) => event.sequence),
        Array.from({ length: 1201 }, (_, at) => at + 1),
      );
      const one = items.find(({ event }) => event.key === 'k7')?.event;
      assert.match(one?.body ?? '', /"current":\{"id":7,"n":1\.0\},"previous":null/, 'every digit');
      assert.match(one?.body ?? '', /"window":\{"after":null,"by":"1970-01-01T00:00:00.077Z"\}/);
      assert.deepEqual(await store.source('desk'), {
        ...before,
        version: (before?.version ?? 0) + 3,
        sequence: 1201,
      });
      assert.deepEqual((await store.notes()).get('desk'), note(80));
    });

    test('another one has ids of its own', async () => {
      await using place = await createPlace(open);
      const { store, clock } = place;
      await seed(store, 2);
      await resync('desk', 'hook', null, { store, clock });
      await resync('desk', 'hook', null, { store, clock });
      const { items } = await store.deliveries({ limit: 9 });
      assert.equal(new Set(items.map(({ id }) => id)).size, 4);
    });

    test('without a snapshot there is nothing to send', async () => {
      await using place = await createPlace(open);
      assert.deepEqual(await resync('desk', 'hook', null, place), { kind: 'empty' });
    });

    test('a commit of another process ends it', async () => {
      await using place = await createPlace(open);
      const { store, clock } = place;
      await seed(store, 600);
      const commit = store.commit.bind(store);
      store.commit = async (one) => {
        store.commit = commit;
        const outcome = await commit(one);
        const next = { source: 'desk', expected: one.expected + 1, progress: progress(78) };
        await commit(commitOf(next));
        return outcome;
      };
      assert.deepEqual(await resync('desk', 'hook', null, { store, clock }), {
        kind: 'conflict',
        events: 500,
      });
    });
  });
}
