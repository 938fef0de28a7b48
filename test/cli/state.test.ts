import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, test } from 'node:test';
import { main } from '../../src/cli/main.ts';
import { openStore } from '../../src/store/open.ts';
import { FakeClock, until } from '../fake-clock.ts';
import {
  claimed,
  commitOf,
  dead,
  event,
  later,
  note,
  owed,
  progress,
  record,
  webhook,
} from '../store/conformance/samples.ts';
import { capture } from './capture.ts';

const clock = new FakeClock();
const root = mkdtempSync(join(tmpdir(), 'pollhook-state-'));
after(() => rmSync(root, { recursive: true }));

let folders = 0;
let folder = '';
let config = '';

beforeEach(() => {
  folders += 1;
  folder = join(root, `${folders}`);
  config = join(root, `${folders}.yaml`);
  configure(folder);
});

function configure(state: string): void {
  writeFileSync(
    config,
    `# state\nstate: ${state}\nsources: { desk: { url: "https://x.test/" }, new: { url: "https://y.test/" } }\nwebhooks: { hook: { url: "https://w.test/", secret: "${'s'.repeat(40)}" } }\n`,
  );
}

async function run(...args: string[]) {
  const { io, said } = capture();
  const code = await main(['state', ...args, '-c', config], io);
  return { code, ...said };
}

function open(state: 'json' | 'sqlite' = 'json') {
  const location = state === 'json' ? { kind: state, folder } : { kind: state, file: `${folder}.db` };
  return openStore(location as { kind: 'json'; folder: string }, {
    clock,
    owner: 'test',
    onFatal: assert.fail,
  });
}

/** Desk has two records, one of them absent, and three events: one dead, one failed, one untouched. */
async function fill(state: 'json' | 'sqlite' = 'json') {
  const store = await open(state);
  const events = [1, 2, 3].map((sequence) => event('desk', sequence, `k${sequence}`));
  const upserts = [record('1', '{"id":12345678901234567890,"n":1.0}'), record('a"b', 'null')];
  await store.commit(
    commitOf({
      source: 'desk',
      difference: { replace: false, upserts, removes: [] },
      progress: {
        ...progress(clock.now()),
        absent: { 1: { polls: 1, window: { after: 1, by: clock.now() } } },
      },
      events,
      deliveries: owed(events, 'hook'),
    }),
  );
  const [first = '', second = ''] = await claimed(store, clock.now(), 'key', 2);
  const held = { since: clock.now(), reason: 'answered 410' };
  await store.settle([dead(first), later(second, 5)], [{ ...webhook('hook', 2), held }]);
  const bad = {
    ...note(clock.now()),
    succeeded: null,
    failures: 2,
    error: `no \u001b[31m ${'s'.repeat(40)}`,
  };
  store.note('desk', bad);
  store.note('old', note(clock.now()));
  return store;
}

describe('state show', () => {
  test('says that there is none yet', async () => {
    const { code, out } = await run('show');
    assert.equal(code, 0);
    assert.equal(out, `there is no state yet at ${folder} (JSON files): it begins when the daemon starts\n`);
    assert.equal(existsSync(folder), false);
    assert.equal(JSON.parse((await run('show', '--json')).out).exists, false);
    assert.match((await run('show', 'desk', '--records')).err, /no state yet/);
  });

  for (const state of ['json', 'sqlite'] as const) {
    test(`shows sources and webhooks of a running daemon (${state})`, async () => {
      if (state === 'sqlite') configure(`sqlite:${folder}.db`);
      await using store = await fill(state);
      let shown = await run('show');
      // Notes are written within a second.
      await until(async () => {
        await clock.advance(1000);
        shown = await run('show');
        return shown.out.includes('[secret]');
      }, 'the note');
      const { code, out } = shown;
      assert.equal(code, 0);
      assert.equal((await store.backlog())[0]?.pending, 2);
      const lines = out.split('\n').slice(2);
      assert.match(lines[0] ?? '', /^SOURCE +RECORDS +EVENTS +ABSENT +LAST POLL +PROBLEM$/);
      assert.match(lines[1] ?? '', /^desk +2 +3 +1 +2026-11-21T09:30:\S+ +no \\u\{1b\}\[31m \[secret\]$/);
      assert.match(lines[2] ?? '', /^new +0 +0 +0 +never +no snapshot$/);
      assert.match(lines[3] ?? '', /^old +0 +0 +0 +2026\S+ +no snapshot; not configured$/);
      assert.match(lines[6] ?? '', /^hook +2 +1 +held since 2026\S+: answered 410$/);
    });
  }

  test('shows one source', async () => {
    await (await fill()).close();
    const { out } = await run('show', 'desk');
    assert.match(out, /^desk\n {2}records {7}2, as of 2026/);
    assert.match(out, /events so far 3\n/);
    assert.match(out, /problem {7}no .* \(2 failed in a row\)\n/);
    assert.match(out, /absent {8}1, in 1 poll since 2026/);
    assert.ok(!out.includes('sss') && !out.includes('\u001b'));
    const data = JSON.parse((await run('show', 'desk', '--json')).out);
    assert.deepEqual([data.name, data.records, data.events, data.absent], ['desk', 2, 3, ['1']]);
  });

  test('prints records as lines, digit for digit', async () => {
    await (await fill()).close();
    const { code, out } = await run('show', 'desk', '--records');
    assert.equal(code, 0);
    assert.equal(
      out,
      '{"key":"1","value":{"id":12345678901234567890,"n":1.0}}\n{"key":"a\\"b","value":null}\n',
    );
    assert.equal((await run('show', '--records')).code, 2);
  });

  test('names the sources there are', async () => {
    await (await fill()).close();
    const { code, err } = await run('show', 'unheard');
    assert.equal(code, 2);
    assert.match(err, /no source "unheard".*there are: desk, new, old/);
  });
});

describe('state verify', () => {
  test('finds nothing, also while the state is in use', async () => {
    await using _store = await fill();
    assert.deepEqual(await run('verify'), {
      code: 0,
      out: `${folder} (JSON files): everything is as it was written\n`,
      err: '',
    });
  });

  test('tells every file and what is wrong with it', async () => {
    await (await fill()).close();
    writeFileSync(join(folder, 'sources/desk.json'), '');
    writeFileSync(join(folder, 'polls.json'), 'null');
    const { code, out } = await run('verify');
    assert.equal(code, 1);
    assert.match(out, /^\S+\/sources\/desk\.json: the file is empty\n\S+\/polls\.json: it does not begin/);
    assert.equal(JSON.parse((await run('verify', '--json')).out).problems.length, 2);
  });
});

describe('state reset', () => {
  for (const state of ['json', 'sqlite'] as const) {
    test(`forgets the snapshot and keeps what is owed (${state})`, async () => {
      if (state === 'sqlite') configure(`sqlite:${folder}.db`);
      await (await fill(state)).close();
      const { code, out } = await run('reset', 'desk', 'new');
      assert.equal(code, 0);
      assert.equal(out, 'desk: reset; its next poll is a new baseline\nnew: nothing is stored of it\n');
      await using store = await open(state);
      assert.equal((await store.source('desk'))?.sequence, 3);
      assert.equal((await store.source('desk'))?.records, 0);
      assert.equal((await store.deliveries({ limit: 9 })).items.length, 3);
    });
  }

  test('not while the state is in use', async () => {
    await using store = await fill();
    assert.equal((await run('reset', 'desk')).code, 3);
    assert.equal((await store.source('desk'))?.records, 2);
  });

  test('a name that nothing knows changes nothing', async () => {
    await (await fill()).close();
    const { code, err } = await run('reset', 'desk', 'unheard');
    assert.equal(code, 2);
    assert.match(err, /no source "unheard", .*there are: desk, new, old/);
    await using store = await open();
    assert.equal((await store.source('desk'))?.records, 2);
  });

  test('makes no state where there is none', async () => {
    assert.match((await run('reset', 'desk')).out, /no state yet/);
    assert.equal(existsSync(folder), false);
  });

  test('replaces a damaged document, and says what became of it', async () => {
    await (await fill()).close();
    const file = join(folder, 'sources/desk.json');
    writeFileSync(file, 'null');
    const { code, out } = await run('reset', 'desk');
    assert.equal(code, 0);
    assert.match(out, /what was damaged is kept as \S+desk\.json\.damaged\n/);
    assert.match(out, /it continues at 1000001, so that no event id comes twice/);
    assert.equal(readFileSync(`${file}.damaged`, 'utf8'), 'null');
    assert.equal((await run('verify')).code, 0);
  });

  test('of what cannot be read at all in an SQLite file says so', async () => {
    configure(`sqlite:${folder}.db`);
    await (await fill('sqlite')).close();
    writeFileSync(`${folder}.db`, 'null');
    const { code, err } = await run('reset', 'desk');
    assert.equal(code, 1);
    assert.match(err, /is not an SQLite database; restore the file/);
  });

  test('of a row that cannot be read, in an SQLite file, mends it', async () => {
    configure(`sqlite:${folder}.db`);
    await (await fill('sqlite')).close();
    const { DatabaseSync } = await import('node:sqlite');
    const database = new DatabaseSync(`${folder}.db`);
    database.exec("UPDATE sources SET progress = '{', note = 'x', records = 9 WHERE name = 'desk'");
    database.close();
    assert.equal((await run('verify')).code, 1);
    assert.equal((await run('reset', 'desk')).code, 0);
    assert.equal((await run('verify')).code, 0);
  });
});

describe('state move', () => {
  test('copies, and says which line to change', async () => {
    await (await fill()).close();
    const to = join(root, `${folders}-moved.db`);
    const { code, out } = await run('move', `sqlite:${to}`);
    assert.equal(code, 0);
    assert.equal(
      out,
      'copied and compared: 2 sources, 2 records, 3 events, 3 deliveries, 2 attempts, 1 webhook\n' +
        `  from ${folder} (JSON files), which is as it was\n  to   ${to} (SQLite)\n` +
        'what a daemon stores in the original from now on is not in the copy: before it starts, ' +
        `change line 2 of ${config}:\n\nstate: sqlite:./${folders}-moved.db\n`,
    );
    configure(`sqlite:./${folders}-moved.db`);
    assert.match((await run('show')).out, /^desk +2 +3 +1 /m);
    assert.equal((await run('verify')).code, 0);
  });

  test('as data', async () => {
    await (await fill()).close();
    const to = join(root, `${folders}-moved`);
    const data = JSON.parse((await run('move', to, '--json')).out);
    assert.equal(data.state, `./${folders}-moved`);
    assert.deepEqual([data.records, data.deliveries, data.to.folder], [2, 3, to]);
  });

  test('not while the state is in use', async () => {
    await using _store = await fill();
    const to = join(root, `${folders}-moved`);
    assert.equal((await run('move', to)).code, 3);
    assert.deepEqual(existsSync(to) ? readdirSync(to) : [], []);
  });

  test('not to a place that is no place for state, or taken', async () => {
    await (await fill()).close();
    for (const to of ['postgres://x', 'sqlite:', config, root, folder]) {
      const { code, out } = await run('move', to);
      assert.ok(code === 1 || code === 2, to);
      assert.equal(out, '');
    }
  });

  test('of a state that is not there', async () => {
    const { code, err } = await run('move', join(root, 'to'));
    assert.equal(code, 1);
    assert.match(err, /there is no state here/);
  });
});
