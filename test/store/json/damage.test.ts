import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { PollhookError } from '../../../src/errors.ts';
import { verifyJson } from '../../../src/store/json/verify.ts';
import { claimed, delivered, note } from '../conformance/samples.ts';
import { commitNext, openState, scratch } from './state.ts';

const folder = scratch();
const whole = join(folder.path, 'whole');
after(() => folder[Symbol.dispose]());

/** Every kind of file: two batches, of which one was folded into the history, attempts and a note. */
before(async () => {
  const store = await openState(whole);
  await commitNext(store, 'desk', ['a', 'b']);
  await store.settle((await claimed(store, 9e15)).map(delivered));
  await store.retain({ now: 9e15, delivered: 9e15, dead: 9e15, maxEvents: 1 });
  await commitNext(store, 'desk', ['c']);
  await claimed(store, 9e15);
  store.note('desk', note(7));
  await store.close();
});

function filesOf(state: string): Map<string, string> {
  const names = readdirSync(state, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const paths = names.map(({ parentPath, name }) => join(parentPath, name));
  return new Map(paths.sort().map((path) => [path.slice(state.length + 1), readFileSync(path, 'latin1')]));
}

async function refuses(state: string, code: string, ...words: RegExp[]): Promise<void> {
  const before = filesOf(state);
  before.delete('lock');
  await assert.rejects(openState(state), (error) => {
    assert.ok(error instanceof PollhookError, String(error));
    assert.equal(error.code, code, error.message);
    for (const word of words) assert.match(error.message, word);
    return true;
  });
  const after = filesOf(state);
  after.delete('lock');
  assert.deepEqual(after, before, 'nothing was changed');
}

const FILES = {
  'state.json': 'state.json',
  'a source': 'sources/desk.json',
  'a batch': 'spool/desk.000000000003-000000000003.json',
  'the journal': 'outbox/000001.jsonl',
  'the history': 'history/000001.json',
  'the notes': 'polls.json',
};

const DAMAGES: { [what: string]: (bytes: Buffer) => Buffer } = {
  'without a byte in it': () => Buffer.alloc(0),
  'that says null': () => Buffer.from('null\n'),
  'of zeros': (bytes) => Buffer.alloc(bytes.length),
  'cut in its first line': (bytes) => bytes.subarray(0, 20),
  'that is something else': () => Buffer.from('{"tickets":[]}\n'),
  'with a changed byte': (bytes) => {
    const copy = Buffer.from(bytes);
    const middle = Math.floor(copy.length * 0.45);
    copy[middle] = (copy[middle] ?? 0) ^ 1;
    return copy;
  },
};

test('the files are there', () => {
  for (const file of Object.values(FILES))
    assert.ok(filesOf(whole).has(file), [...filesOf(whole).keys()].join());
});

for (const [what, file] of Object.entries(FILES)) {
  for (const [how, damage] of Object.entries(DAMAGES)) {
    test(`${what} ${how} is refused, by open and by verify, and left alone`, async () => {
      const state = folder.copy(whole);
      const path = join(state, file);
      writeFileSync(path, damage(readFileSync(path)));
      await refuses(state, 'STATE_DAMAGED', new RegExp(`${path}: `));
      const problems = await verifyJson(state);
      assert.deepEqual(
        problems.map((one) => one.file),
        [path],
      );
      assert.ok((problems[0]?.problem.length ?? 0) > 5);
    });
  }

  test(`${what} of a later format is refused as such`, async () => {
    const state = folder.copy(whole);
    const path = join(state, file);
    const text = readFileSync(path, 'utf8').replace('"format":2', '"format":3');
    // The journal's first line is under its own checksum.
    const head = text.split('\n')[0] ?? '';
    const { crc32 } = await import('node:zlib');
    const sealed = head.startsWith('["')
      ? `["${crc32(head.slice(12)).toString(16).padStart(8, '0')}",${head.slice(12)}`
      : head;
    writeFileSync(
      path,
      text.replace(head, () => sealed),
    );
    await refuses(state, 'STATE_VERSION', /written in format 3, this version reads formats up to 2/);
  });
}

test('all damaged files are told at once', async () => {
  const state = folder.copy(whole);
  for (const file of Object.values(FILES)) writeFileSync(join(state, file), '');
  await refuses(
    state,
    'STATE_DAMAGED',
    /state\.json: the file is empty \(and 5 more: see `pollhook state verify`\)/,
  );
  assert.equal((await verifyJson(state)).length, 6);
});

for (const file of [
  'state.json',
  'sources/desk.json',
  'outbox/000001.jsonl',
  'spool',
  'sources',
  'outbox',
  'history',
]) {
  test(`without ${file} it is damaged, not fresh`, async () => {
    const state = folder.copy(whole);
    rmSync(join(state, file), { recursive: true });
    await refuses(state, 'STATE_DAMAGED', /missing/);
    assert.ok((await verifyJson(state)).length > 0);
  });
}

test('the document of another source under a name is refused', async () => {
  const state = folder.copy(whole);
  renameSync(join(state, 'sources/desk.json'), join(state, 'sources/other.json'));
  await refuses(state, 'STATE_DAMAGED', /other\.json: it is the document of source desk/);
});

test('an older document of a source than its events is refused', async () => {
  const state = join(folder.path, 'older');
  const store = await openState(state);
  await commitNext(store, 'desk', ['a']);
  const old = readFileSync(join(state, 'sources/desk.json'));
  await commitNext(store, 'desk', ['b']);
  await commitNext(store, 'desk', ['c']);
  await store.close();
  writeFileSync(join(state, 'sources/desk.json'), old);
  await refuses(state, 'STATE_DAMAGED', /desk\.json: it does not count the events of desk\.0+3-0+3\.json/);
});

test('a folder of other files is refused, and nothing is put there', async () => {
  const state = join(folder.path, 'foreign');
  mkdirSync(state);
  writeFileSync(join(state, 'thesis.txt'), 'mine');
  await refuses(state, 'STATE_UNAVAILABLE', /foreign: holds other files \(thesis\.txt\)/);
  assert.deepEqual(readdirSync(state), ['thesis.txt']);
});

test('a path that is a file is refused as unavailable', async () => {
  const path = join(folder.path, 'file');
  writeFileSync(path, '');
  await assert.rejects(openState(path), { code: 'STATE_UNAVAILABLE' });
  await assert.rejects(openState(join(path, 'below')), { code: 'STATE_UNAVAILABLE' });
});

test('an empty folder, and one of a fresh volume, become a state', async () => {
  const state = join(folder.path, 'fresh');
  mkdirSync(join(state, 'lost+found'), { recursive: true });
  await (await openState(state)).close();
  assert.deepEqual(await verifyJson(state), []);
});

test('leftovers are removed, files of others inside are not', async () => {
  const state = folder.copy(whole);
  const temporary = ['polls.json', 'sources/desk.json', 'spool/x', 'outbox/y', 'history/z'].map(
    (file) => `${file}.0123456789ab.tmp`,
  );
  for (const file of [...temporary, 'sources/README', 'spool/mine.json', 'sources/old.json.bak']) {
    writeFileSync(join(state, file), 'x');
  }
  assert.deepEqual(await verifyJson(state), []);
  await (await openState(state)).close();
  const left = filesOf(state);
  for (const file of temporary) assert.ok(!left.has(file), file);
  for (const file of ['sources/README', 'spool/mine.json', 'sources/old.json.bak'])
    assert.ok(left.has(file), file);
});

test('verify finds nothing in a state that is whole or in use, and says when there is none', async () => {
  const state = folder.copy(whole);
  await using _store = await openState(state);
  assert.deepEqual(await verifyJson(state), []);
  assert.match((await verifyJson(join(folder.path, 'nowhere')))[0]?.problem ?? '', /no state/);
});
