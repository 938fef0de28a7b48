import assert from 'node:assert/strict';
import { cpSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PollhookError } from '../../../src/errors.ts';
import type { Store } from '../../../src/store/contract.ts';
import { createAccess } from '../../../src/store/sqlite/access.ts';
import { openSqliteStore } from '../../../src/store/sqlite/open.ts';
import { FakeClock } from '../../fake-clock.ts';
import { claimed, commitOf, delivered, event, note, owe, owed, record } from '../conformance/samples.ts';

function numbers() {
  const database = new DatabaseSync(':memory:');
  database.exec('CREATE TABLE numbers (n INTEGER PRIMARY KEY, pad TEXT) STRICT');
  const told: PollhookError[] = [];
  const access = createAccess(database, 'state.db', (error) => told.push(error));
  const insert = database.prepare('INSERT INTO numbers VALUES (?, ?)');
  const add = (n: number, pad = '') => access.write(() => insert.run(n, pad));
  const all = () =>
    database
      .prepare('SELECT n FROM numbers ORDER BY n')
      .all()
      .map(({ n }) => n);
  return { database, access, told, add, all };
}

test('jobs of one turn share one transaction, and each caller gets its own result', async () => {
  const { database, access, all } = numbers();
  const open: boolean[] = [];
  const jobs = [1, 2, 3].map((n) =>
    access.write(() => {
      database.exec(`INSERT INTO numbers VALUES (${n}, '')`);
      open.push(database.isTransaction);
      return n * 10;
    }),
  );
  assert.deepEqual(all(), [], 'nothing before the turn ends');
  assert.deepEqual(await Promise.all(jobs), [10, 20, 30]);
  assert.deepEqual(open, [true, true, true]);
  assert.deepEqual(all(), [1, 2, 3]);
});

test('a job that is refused leaves nothing behind, and the others of its group are done', async () => {
  const { access, told, add, all, database } = numbers();
  await add(2);
  const wrong = access.write(() => {
    database.exec("INSERT INTO numbers VALUES (7, '')");
    throw new Error('a bug');
  });
  const results = await Promise.allSettled([add(1), add(2), wrong, add(3)]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
  );
  await assert.rejects(wrong, /a bug/);
  assert.deepEqual(all(), [1, 2, 3]);
  assert.deepEqual(told, []);
});

test('a full disk stops everything: all of the group, everything later, and onFatal once', async () => {
  const { database, access, told, add } = numbers();
  await add(1);
  database.exec('PRAGMA max_page_count = 4');
  const group = await Promise.allSettled([add(2), add(3, 'x'.repeat(50_000)), add(4)]);
  assert.deepEqual(
    group.map(({ status }) => status),
    ['rejected', 'rejected', 'rejected'],
  );
  await assert.rejects(add(5), { code: 'STATE_WRITE_FAILED', message: /^state\.db: .*full/ });
  await assert.rejects(
    access.read(() => 1),
    { code: 'STATE_WRITE_FAILED' },
  );
  await assert.rejects(access.end(), { code: 'STATE_WRITE_FAILED' });
  assert.equal(told.length, 1);
  assert.deepEqual(
    database
      .prepare('SELECT n FROM numbers')
      .all()
      .map(({ n }) => n),
    [1],
  );
});

describe('a long write', () => {
  test('has its turns between others, and nobody sees half of it', async () => {
    const { database, access, add, all } = numbers();
    const insert = database.prepare('INSERT INTO numbers VALUES (?, NULL)');
    const seen: number[] = [];
    function* write(first: number) {
      for (const n of [first, first + 1, first + 2]) {
        insert.run(n);
        yield;
      }
      return first;
    }
    const results = [add(1), access.writeLong(() => write(10)), add(2), access.writeLong(() => write(20))];
    const reads = [1, 2].map(() => access.read(() => seen.push(all().filter((n) => Number(n) >= 10).length)));
    for (let turn = 0; turn < 2; turn += 1) await nextTurn();
    assert.deepEqual([database.isTransaction, all(), seen], [true, [1, 10, 11, 12], []], 'in the middle');
    assert.deepEqual((await Promise.all(results)).filter(Number.isInteger), [10, 20]);
    await Promise.all(reads);
    assert.deepEqual(all(), [1, 2, 10, 11, 12, 20, 21, 22]);
    assert.ok(
      seen.every((count) => count % 3 === 0),
      String(seen),
    );
  });

  test('that is refused leaves nothing behind, and what waited for it is done', async () => {
    const { database, access, told, add, all } = numbers();
    const wrong = access.writeLong(function* () {
      database.exec("INSERT INTO numbers VALUES (7, '')");
      yield;
      throw new Error('a bug');
    });
    const [refused, ...others] = await Promise.allSettled([wrong, add(1), access.read(all)]);
    assert.equal(refused.status, 'rejected');
    assert.deepEqual(
      others.map(({ status }) => status),
      ['fulfilled', 'fulfilled'],
    );
    assert.deepEqual([all(), told], [[1], []]);
  });

  test('for which there is no room stops everything, what waited for it too, and onFatal is told once', async () => {
    const { database, access, told, add, all } = numbers();
    await add(1);
    database.exec('PRAGMA max_page_count = 4');
    const large = access.writeLong(function* () {
      yield;
      database.exec(`INSERT INTO numbers VALUES (2, '${'x'.repeat(50_000)}')`);
    });
    for (const waiting of [large, add(3), access.read(all), access.writeLong(function* () {})])
      await assert.rejects(waiting, { code: 'STATE_WRITE_FAILED' });
    assert.deepEqual([all(), told.length], [[1], 1]);
  });
});

test('a process that is killed in the middle of a large commit leaves nothing of it', async () => {
  const root = await mkdtemp(join(tmpdir(), 'pollhook-large-'));
  const [file, copy] = ['state', 'copy'].map((name) => join(root, name, 'state.db')) as [string, string];
  const options = { clock: new FakeClock(), owner: 'test', onFatal: assert.ifError };
  const store = await openSqliteStore(file, options);
  const events = Array.from({ length: 1000 }, (_, at) => event('desk', at + 1, `k${at}`));
  const upserts = events.map(({ key }) => record(String(key), `"${'x'.repeat(3000)}"`));
  const difference = { replace: false, upserts, removes: [] };
  const commit = commitOf({ source: 'desk', difference, events, deliveries: owed(events, 'hook') });
  const committed = store.commit(commit);
  for (let turn = 0; turn < 10; turn += 1) await nextTurn();
  assert.ok(statSync(`${file}-wal`).size > 1_000_000, 'much of it is written');
  cpSync(dirname(file), dirname(copy), { recursive: true, filter: (path) => !path.endsWith('.lock') });
  assert.equal(await committed, 'committed');
  const left = await openSqliteStore(copy, options);
  assert.deepEqual([await left.source('desk'), await left.backlog()], [null, []]);
  for (const one of [store, left]) await one.close();
  await rm(root, { recursive: true });
});

test('for a batch no more bodies are read than may belong to it', async () => {
  const root = await mkdtemp(join(tmpdir(), 'pollhook-batch-'));
  const file = join(root, 'state.db');
  const clock = new FakeClock();
  const store = await openSqliteStore(file, { clock, owner: 'test', onFatal: assert.ifError });
  const ids = await owe(store, 'desk', ['a', 'b', 'c', 'd']);
  // No number of JavaScript: whoever reads this row fails.
  const foreign = new DatabaseSync(file);
  foreign.exec(
    'UPDATE outbox SET status = 9007199254740993 WHERE position = (SELECT max(position) FROM outbox)',
  );
  foreign.close();
  const batch = { max: 100, wait: 0, length: event('desk', 1).body.length * 2 };
  const claim = () => store.claim({ webhook: 'hook', order: 'key', now: clock.now(), limit: 1, batch });
  assert.deepEqual(
    (await claim()).deliveries.map(({ id }) => id),
    ids.slice(0, 2),
  );
  await store.settle(ids.slice(0, 2).map(delivered));
  await assert.rejects(claim(), { code: 'ERR_OUT_OF_RANGE' });
  await store.close();
  await rm(root, { recursive: true });
});

test('after the end, calls are refused, and what was asked before is done', async () => {
  const { access, add, all } = numbers();
  const last = add(1);
  await access.end();
  await last;
  await access.end();
  await assert.rejects(add(2), /closed/);
  assert.deepEqual(all(), [1]);
});

describe('a store that cannot write', () => {
  const calls: { readonly [name: string]: (store: Store) => unknown } = {
    sources: (store) => store.sources(),
    source: (store) => store.source('desk'),
    digests: (store) => store.digests('desk')[Symbol.asyncIterator]().next(),
    values: (store) => store.values('desk', ['a']),
    commit: (store) => store.commit(commitOf({ source: 'other' })),
    notes: (store) => store.notes(),
    reset: (store) => store.reset('desk'),
    claim: (store) => claimed(store, 9e15),
    settle: (store) => store.settle([]),
    webhooks: (store) => store.webhooks(),
    backlog: (store) => store.backlog(),
    deliveries: (store) => store.deliveries({ limit: 1 }),
    attempts: (store) => store.attempts('x'),
    retain: (store) => store.retain({ now: 0, delivered: 0, dead: 0, maxEvents: 0 }),
    close: (store) => store.close(),
  };

  test('rejects every call with STATE_WRITE_FAILED, tells once, and misses nothing when it is opened again', async () => {
    const root = await mkdtemp(join(tmpdir(), 'pollhook-fatal-'));
    const file = join(root, 'state.db');
    const told: PollhookError[] = [];
    const clock = new FakeClock();
    const options = { clock, owner: 'test', onFatal: (error: PollhookError) => told.push(error) };
    const store = await openSqliteStore(file, options);
    const [a = ''] = await owe(store, 'desk', ['a', 'b']);
    await claimed(store, clock.now());
    // Nobody else may write; whoever does so nevertheless makes our next write fail.
    const foreign = new DatabaseSync(file);
    foreign.exec('BEGIN IMMEDIATE');
    await assert.rejects(store.settle([delivered(a)]), {
      code: 'STATE_WRITE_FAILED',
      message: new RegExp(`^${file}: `),
    });
    foreign.exec('ROLLBACK');
    foreign.close();
    assert.throws(() => store.note('desk', note(5)), { code: 'STATE_WRITE_FAILED' });
    await clock.advance(5000);
    for (const [name, call] of Object.entries(calls)) {
      await assert.rejects(async () => call(store), { code: 'STATE_WRITE_FAILED' }, name);
    }
    assert.equal(told.length, 1);
    const again = await openSqliteStore(file, options);
    assert.equal((await again.deliveries({ limit: 9 })).items.length, 2);
    assert.deepEqual(
      (await again.attempts(a))?.map(({ outcome }) => outcome),
      ['unknown'],
    );
    await again.close();
    await rm(root, { recursive: true });
  });
});
