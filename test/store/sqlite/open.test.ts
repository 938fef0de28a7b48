import assert from 'node:assert/strict';
import {
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import type { StoreOptions } from '../../../src/store/contract.ts';
import { openSqliteStore } from '../../../src/store/sqlite/open.ts';
import { readSqliteState, sourcesInFile } from '../../../src/store/sqlite/read.ts';
import { MIGRATIONS, migrate } from '../../../src/store/sqlite/schema.ts';
import { verifySqlite } from '../../../src/store/sqlite/verify.ts';
import { FakeClock } from '../../fake-clock.ts';
import { delivery, snapshot } from '../conformance/read.ts';
import { claimed, commitOf, event, owed, record } from '../conformance/samples.ts';

let root: string;
let whole: string;
let files = 0;
const options: StoreOptions = {
  clock: new FakeClock(),
  owner: 'test',
  onFatal(error) {
    throw error;
  },
};

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'pollhook-sqlite-'));
  whole = join(root, 'whole.db');
  const store = await openSqliteStore(whole, options);
  const events = Array.from({ length: 200 }, (_, index) => event('desk', index + 1, `k${index}`));
  const upserts = events.map(({ key }, index) =>
    record(`${key}`, `{"index":${index},"pad":"${'x'.repeat(300)}"}`),
  );
  const difference = { replace: false, upserts, removes: [] };
  await store.commit(commitOf({ source: 'desk', difference, events, deliveries: owed(events, 'hook') }));
  await store.close();
});

after(() => rm(root, { recursive: true }));

function place(): string {
  files += 1;
  return join(root, `state-${files}.db`);
}

async function edit(change: (database: DatabaseSync) => void): Promise<string> {
  const file = place();
  await cp(whole, file);
  using database = new DatabaseSync(file);
  change(database);
  return file;
}

describe('an SQLite state that cannot be trusted is refused, and left as it is', () => {
  const write = (content: string | Buffer) => async () => {
    const file = place();
    await writeFile(file, content);
    return file;
  };
  const cut = (share: number) => async () => {
    const file = place();
    await cp(whole, file);
    await truncate(file, Math.floor((await stat(file)).size * share));
    return file;
  };
  const scribble =
    (from: number, length: number, byte = 0xa5) =>
    async () => {
      const bytes = await readFile(whole);
      bytes.fill(byte, from, from + length);
      return write(bytes)();
    };
  const cases: [what: string, make: () => Promise<string>, code: string, reason: RegExp][] = [
    ['zero length', write(''), 'STATE_DAMAGED', /empty/],
    ['null', write('null'), 'STATE_DAMAGED', /not an SQLite database/],
    ['text', write('state of the art\n'.repeat(1000)), 'STATE_DAMAGED', /not an SQLite database/],
    ['zeros', write(Buffer.alloc(40_960)), 'STATE_DAMAGED', /not an SQLite database/],
    ['cut to a header', write(Buffer.from('SQLite format 3\0')), 'STATE_DAMAGED', /not an SQLite database/],
    ['cut to a hundredth', cut(0.01), 'STATE_DAMAGED', /./],
    ['cut in half', cut(0.5), 'STATE_DAMAGED', /./],
    ['cut by its last byte', cut(0.999_999), 'STATE_DAMAGED', /cut off/],
    ['a page of the schema overwritten', scribble(100, 3000), 'STATE_DAMAGED', /./],
    ['a page in the middle overwritten', scribble(4096 * 30, 4096), 'STATE_DAMAGED', /./],
    ['a page in the middle zeroed', scribble(4096 * 30, 4096, 0), 'STATE_DAMAGED', /./],
    [
      'a database of another application',
      () => edit((database) => database.exec('PRAGMA application_id = 7')),
      'STATE_DAMAGED',
      /another application/,
    ],
    [
      'a database without tables',
      () => edit((database) => database.exec('PRAGMA user_version = 0')),
      'STATE_DAMAGED',
      /never made/,
    ],
    [
      'a newer format',
      () => edit((database) => database.exec('PRAGMA user_version = 99')),
      'STATE_VERSION',
      /format 99.* up to 2/,
    ],
    [
      'its log alone',
      async () => {
        const file = place();
        await writeFile(`${file}-wal`, 'something');
        return file;
      },
      'STATE_DAMAGED',
      /missing/,
    ],
    [
      'a folder',
      async () => {
        const file = place();
        await mkdir(file);
        return file;
      },
      'STATE_UNAVAILABLE',
      /./,
    ],
  ];
  for (const [what, make, code, reason] of cases) {
    test(what, async () => {
      const file = await make();
      const existed = await stat(file).catch(() => null);
      const content = existed?.isFile() ? await readFile(file) : null;
      await assert.rejects(openSqliteStore(file, options), (error: Error & { code?: string }) => {
        assert.equal(error.code, code, error.message);
        assert.match(error.message, reason);
        assert.ok(error.message.startsWith(file), error.message);
        if (code === 'STATE_DAMAGED') assert.match(error.message, /restore .* backup/);
        return true;
      });
      assert.deepEqual(content && (await readFile(file)), content);
      assert.notDeepEqual(await verifySqlite(file), [], 'verify finds it too');
      // Nothing holds the lock afterwards: the same refusal again, not STATE_LOCKED.
      await assert.rejects(openSqliteStore(file, options), { code });
    });
  }

  test('a folder that cannot be made', async () => {
    await assert.rejects(openSqliteStore(join(whole, 'below', 'state.db'), options), {
      code: 'STATE_UNAVAILABLE',
    });
  });
});

test('a database that another application has locked is refused as locked, to be opened and to be read', async () => {
  const file = place();
  await cp(whole, file);
  using foreign = new DatabaseSync(file);
  foreign.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
  const refusal = { code: 'STATE_LOCKED', message: new RegExp(`^${file}: `) };
  await assert.rejects(openSqliteStore(file, options), refusal);
  foreign.exec('ROLLBACK');
});

test('by another name, a state is looked at together with its log', async () => {
  const file = place();
  const link = `${file}-link`;
  await symlink(file, link);
  await using store = await openSqliteStore(file, options);
  await store.commit(commitOf({ source: 'desk' }));
  await using reader = await readSqliteState(link);
  assert.deepEqual(
    (await reader?.sources())?.map(({ source }) => source),
    ['desk'],
  );
  assert.deepEqual(await sourcesInFile(link), ['desk']);
});

test('a state is made where a link leads, though nothing is there yet', async () => {
  const file = place();
  const link = `${file}-link`;
  await symlink(basename(file), link);
  await using _store = await openSqliteStore(link, options);
  assert.ok((await lstat(link)).isSymbolicLink());
  await assert.rejects(openSqliteStore(file, options), { code: 'STATE_LOCKED' });
});

test('files are for their owner alone, and a new folder is made', async () => {
  const folder = join(root, 'new', 'folder');
  const file = join(folder, 'state.db');
  const store = await openSqliteStore(file, options);
  await store.commit(commitOf({ source: 'desk' }));
  const made = (await readdir(folder)).filter(
    (name) => name.startsWith('state.db') && !name.includes('lock'),
  );
  assert.deepEqual(made.sort(), ['state.db', 'state.db-shm', 'state.db-wal']);
  for (const name of made) assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600, name);
  await store.close();
});

test('what a kill during the making left behind does not matter', async () => {
  const file = place();
  await writeFile(`${file}.new`, 'half');
  await writeFile(`${file}.new-wal`, 'half');
  await using store = await openSqliteStore(file, options);
  assert.deepEqual(await store.sources(), []);
  assert.equal(await stat(`${file}.new`).catch(() => null), null);
});

describe('formats', () => {
  async function ofFormat1(): Promise<string> {
    const file = place();
    using database = new DatabaseSync(file);
    database.exec(await readFile(join(import.meta.dirname, 'format-1.sql'), 'utf8'));
    return file;
  }

  test('a state of format 1 opens with everything that is in it', async () => {
    const file = await ofFormat1();
    assert.deepEqual(await verifySqlite(file), []);
    await using store = await openSqliteStore(file, options);
    assert.equal(store.identity, '0123456789abcdef0123456789abcdef');
    assert.deepEqual([...(await snapshot(store, 'desk'))].map(([key, { text }]) => [key, text]).sort(), [
      ['a', '{"id":12345678901234567890}'],
      ['\ud800', '2'],
    ]);
    assert.equal((await store.source('desk'))?.sequence, 3);
    assert.equal((await delivery(store, 'evt_desk_1_hook'))?.state, 'delivered');
    assert.deepEqual(
      (await store.attempts('evt_desk_3_hook'))?.map(({ outcome }) => outcome),
      ['unknown'],
    );
    assert.equal((await store.webhooks())[0]?.failures, 2);
    assert.deepEqual(await claimed(store, options.clock.now()), ['evt_desk_2_hook', 'evt_desk_3_hook']);
  });

  test('its migration is the one that was released', async () => {
    using released = new DatabaseSync(await ofFormat1());
    using made = new DatabaseSync(':memory:');
    migrate(made, 'memory', MIGRATIONS.slice(0, 1));
    const schema = (database: DatabaseSync) =>
      database.prepare('SELECT type, name, sql FROM sqlite_schema').all();
    assert.deepEqual(schema(made), schema(released));
  });

  test('all missing steps are taken, and only those', async () => {
    const file = await ofFormat1();
    using database = new DatabaseSync(file);
    const steps = [
      'never run',
      'ALTER TABLE sources ADD COLUMN colour TEXT',
      "UPDATE sources SET colour = 'red'",
    ];
    migrate(database, file, steps);
    assert.equal(database.prepare('SELECT colour FROM sources').get()?.colour, 'red');
    migrate(database, file, steps);
    assert.equal(database.prepare('PRAGMA user_version').get()?.user_version, 3);
  });

  test('a step that fails leaves the old format whole', async () => {
    const file = await ofFormat1();
    using database = new DatabaseSync(file);
    assert.throws(
      () => migrate(database, file, ['', 'DELETE FROM events; DROP TABLE texts', 'nonsense']),
      /syntax/,
    );
    assert.equal(database.prepare('PRAGMA user_version').get()?.user_version, 1);
    assert.equal(database.prepare('SELECT count(*) AS n FROM events').get()?.n, 3);
    database.close();
    assert.deepEqual(await verifySqlite(file), []);
  });
});
