import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { StateLocation } from '../../src/config/document.ts';
import type { Store } from '../../src/store/contract.ts';
import { FORMAT } from '../../src/store/json/document.ts';
import { moveState } from '../../src/store/move.ts';
import { openStore, readState, verifyState } from '../../src/store/open.ts';
import { FakeClock } from '../fake-clock.ts';
import { allDeliveries, backlog, retainAll, snapshot } from './conformance/read.ts';
import { claimed, delivered, note } from './conformance/samples.ts';

/**
 * States as version 0.1 wrote them, one of each kind after the same calls: something pending, retried, dead, delivered and
 * claimed; half of a large batch in the history; notes and how a webhook stands.
 */
const OLD = join(import.meta.dirname, 'old');
const clock = new FakeClock();
let root = '';

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'pollhook-old-'));
  const files: Record<string, string> = JSON.parse(
    gunzipSync(await readFile(join(OLD, 'json-1.json.gz'))).toString(),
  );
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, 'json', name)), { recursive: true });
    await writeFile(join(root, 'json', name), text);
  }
  await writeFile(join(root, 'sqlite'), gunzipSync(await readFile(join(OLD, 'sqlite-1.db.gz'))));
});
after(() => rm(root, { recursive: true }));

type Kind = StateLocation['kind'];
const KINDS: readonly Kind[] = ['json', 'sqlite'];
const at = (kind: Kind, path: string): StateLocation =>
  kind === 'json' ? { kind, folder: path } : { kind, file: path };

/** A copy of the old state. */
async function old(kind: Kind, name: string): Promise<StateLocation> {
  const path = join(root, `${name}-${kind}`);
  await cp(join(root, kind), path, { recursive: true });
  return at(kind, path);
}

const open = (location: StateLocation): Promise<Store> =>
  openStore(location, { clock, owner: 'test', onFatal: assert.fail });

async function everything(store: Store) {
  const deliveries = await allDeliveries(store);
  const events = await store.events({ limit: 1000 });
  const sources = (await store.sources()).toSorted((a, b) => (a.source < b.source ? -1 : 1));
  const attempts = await Promise.all(deliveries.map(({ id }) => store.attempts(id)));
  return {
    sources,
    snapshots: await Promise.all(sources.map(({ source }) => snapshot(store, source))),
    notes: await store.notes(),
    webhooks: await store.webhooks(),
    backlog: await backlog(store),
    events,
    deliveries,
    // When it was claimed is of the process that wrote it.
    attempts: attempts.map((list) => list?.map((made) => (made.outcome === 'unknown' ? 'unknown' : made))),
  };
}

test('old states of both kinds are opened with all that they held, and say the same', async () => {
  const [json, sqlite] = await Promise.all(KINDS.map(async (kind) => open(await old(kind, 'open'))));
  assert(json && sqlite);
  const held = await everything(json);
  assert.deepEqual(await everything(sqlite), held);
  assert.equal(held.deliveries.length, 270);
  assert.deepEqual(
    Object.fromEntries(
      Map.groupBy(held.deliveries, ({ state }) => state)
        .entries()
        .map(([state, all]) => [state, all.length]),
    ),
    {
      ...{ delivered: 263, pending: 3, dead: 4 },
    },
  );
  assert.equal(held.snapshots[0]?.get('a')?.text, '{"n":1.0}');
  assert.deepEqual(held.notes.get('noted'), note(9));
  for (const store of [json, sqlite]) {
    // What they could not do before.
    assert.equal((await store.event('evt_stock_200'))?.deliveries[0]?.state, 'delivered');
    assert.equal(await store.rename('stock', 'goods'), 'renamed');
    await store.remember('a', { b: 1 });
    const [dead = ''] = (await allDeliveries(store, { state: 'dead' })).map(({ id }) => id);
    assert.equal((await store.revive([dead])).get(dead), 'done');
    assert.equal((await store.requeue({ webhook: 'third', since: 0, until: 9e15, limit: 1000 })).next, null);
    await store.close();
  }
  const again = await Promise.all(KINDS.map((kind) => open(at(kind, join(root, `open-${kind}`)))));
  for (const store of again) {
    assert.equal((await allDeliveries(store, { state: 'pending' })).length, 264);
    for (const hook of ['hook', 'third']) {
      for (
        let ids = await claimed(store, 9e15, 'key', 999, hook);
        ids.length > 0;
        ids = await claimed(store, 9e15, 'key', 999, hook)
      )
        await store.settle(ids.map(delivered));
    }
    await retainAll(store, { now: clock.now(), delivered: 9e15, dead: 9e15, maxEvents: 200 });
    assert.equal(((await store.events({ limit: 999 })) as { items?: unknown[] }).items?.length, 200);
    await store.close();
  }
});

for (const kind of KINDS) {
  describe(kind, () => {
    test('an old state is shown, verified and copied without being touched', async () => {
      const location = await old(kind, 'look');
      const path = 'file' in location ? location.file : 'folder' in location ? location.folder : '';
      const bytes = () =>
        kind === 'sqlite'
          ? readFile(path, 'latin1')
          : readFile(join(path, 'outbox', '000001.jsonl'), 'latin1');
      const before = await bytes();
      assert.deepEqual(await verifyState(location), []);
      {
        await using state = await readState(location);
        assert.deepEqual(await state?.memos(), new Map());
        assert.equal((await state?.source('stock'))?.sequence, 260);
        assert.equal((await state?.backlog())?.find(({ webhook }) => webhook === 'hook')?.pending, 3);
        assert.equal((await state?.values('desk', ['a']))?.get('a'), '{"n":1.0}');
      }
      const other = at(kind === 'json' ? 'sqlite' : 'json', join(root, `copy-of-${kind}`));
      assert.equal((await moveState(location, other)).deliveries, 270);
      assert.equal(await bytes(), before);
      await using copy = await open(other);
      await using original = await open(location);
      assert.deepEqual(await everything(copy), await everything(original));
    });
  });
}

test('an older version is told that the state is newer', async () => {
  const json = await old('json', 'written');
  const sqlite = await old('sqlite', 'written');
  for (const location of [json, sqlite]) await (await open(location)).close();
  const folder = 'folder' in json ? json.folder : '';
  // Of its journal a new segment is begun before anything is added that the older one would not understand.
  const [name = ''] = await readdir(join(folder, 'outbox'));
  assert.match(
    await readFile(join(folder, 'outbox', name), 'utf8'),
    new RegExp(`^\\["[0-9a-f]{8}",0,{"pollhook":"outbox","format":${FORMAT},`),
  );
  using database = new DatabaseSync('file' in sqlite ? sqlite.file : '');
  assert.equal(database.prepare('PRAGMA user_version').get()?.user_version, 2);
});
