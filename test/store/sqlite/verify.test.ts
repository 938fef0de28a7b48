import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import { openSqliteStore } from '../../../src/store/sqlite/open.ts';
import { verifySqlite } from '../../../src/store/sqlite/verify.ts';
import { FakeClock } from '../../fake-clock.ts';
import { claimed, commitOf, dead, delivered, event, owed, record } from '../conformance/samples.ts';

const clock = new FakeClock();
let root: string;
let whole: string;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'pollhook-verify-'));
  whole = join(root, 'whole.db');
  await using store = await openSqliteStore(whole, { clock, owner: 'test', onFatal: assert.fail });
  const events = ['a', 'a', 'b', 'c'].map((key, index) => event('desk', index + 1, key));
  const difference = { replace: false, upserts: [record('a', '1'), record('b\\', '2')], removes: [] };
  await store.commit(commitOf({ source: 'desk', difference, events, deliveries: owed(events, 'hook') }));
  const [, b = '', c = ''] = await claimed(store, clock.now());
  await store.settle([delivered(b), dead(c)]);
  store.note('other', { polled: 1, succeeded: null, failures: 1, notBefore: 0, error: 'x' });
});

after(() => rm(root, { recursive: true }));

const listing = async (folder: string) =>
  Promise.all(
    (await readdir(folder)).map(async (name) => {
      const { size, mtimeMs } = await stat(join(folder, name));
      return [name, size, mtimeMs];
    }),
  );

test('a whole state has no problems, and is not touched', async () => {
  const before = await listing(root);
  assert.deepEqual(await verifySqlite(whole), []);
  assert.deepEqual(await listing(root), before);
});

test('a state is verified while it is open, and the log counts', async () => {
  const folder = join(root, 'open');
  const file = join(folder, 'state.db');
  const store = await openSqliteStore(file, { clock, owner: 'test', onFatal: assert.fail });
  await store.commit(commitOf({ source: 'desk' }));
  const before = await listing(folder);
  assert.deepEqual(await verifySqlite(file), []);
  assert.deepEqual(await listing(folder), before);
  await store.commit(commitOf({ source: 'desk', expected: 1 }));
  await store.close();
});

test('what is not there is a problem', async () => {
  const file = join(root, 'none.db');
  assert.deepEqual(await verifySqlite(file), [{ file, problem: 'there is no such file' }]);
});

describe('rows that contradict each other are found', () => {
  const cases: [what: string, sql: string, problem: RegExp][] = [
    [
      'a counter of records',
      'UPDATE sources SET records = 7 WHERE id = 1',
      /desk: 7 records were counted, 2 are there/,
    ],
    ['progress', "UPDATE sources SET progress = '{' WHERE id = 1", /desk: its progress/],
    ['a note', "UPDATE sources SET note = 'x' WHERE name = 'other'", /other: its progress or note/],
    ['a missing value', 'DELETE FROM texts WHERE id = 1', /desk: the record a has no/],
    ['half a value', `UPDATE texts SET text = '{"a":' WHERE id = 2`, /the record b\\\\ has no/],
    ['a sequence that went back', 'UPDATE sources SET sequence = 3 WHERE id = 1', /evt_desk_4 is beyond/],
    ['a body', "UPDATE events SET body = 'x' WHERE position = 1", /evt_desk_1: its body/],
    [
      'an event that is gone',
      'DELETE FROM events WHERE position = 2',
      /evt_desk_2_hook: its event is missing/,
    ],
    [
      'a delivery that nobody will send',
      'DELETE FROM outbox WHERE position = 1',
      /evt_desk_1_hook: is pending/,
    ],
    [
      'a delivery that would be sent again',
      "UPDATE deliveries SET state = 'dropped' WHERE position = 1",
      /_1_hook: is dropped/,
    ],
    ['a counter of deliveries', 'UPDATE webhooks SET dead = 4', /2 pending and 4 dead .* 2 and 1 are there/],
    ['a stream without a head', 'UPDATE outbox SET place = 0', /a stream has lost its turn/],
    ['a stream with two heads', 'UPDATE outbox SET place = 1', /a stream has lost its turn/],
    [
      'an index',
      "PRAGMA writable_schema = ON; DROP INDEX deliveries_undelivered; DELETE FROM sqlite_schema WHERE name = 'outbox_due'",
      /./,
    ],
  ];
  for (const [index, [what, sql, problem]] of cases.entries()) {
    test(what, async () => {
      const file = join(root, `case-${index}.db`);
      await cp(whole, file);
      const database = new DatabaseSync(file, { defensive: false });
      database.exec(sql);
      database.close();
      const found = await verifySqlite(file);
      assert.ok(
        found.some((one) => one.file === file && problem.test(one.problem)),
        JSON.stringify(found),
      );
    });
  }
});
