import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { systemDisk } from '../../../src/store/json/disk.ts';
import { salvageJson, sourcesInFolder } from '../../../src/store/json/salvage.ts';
import { verifyJson } from '../../../src/store/json/verify.ts';
import { resetSources } from '../../../src/store/reset.ts';
import { FakeClock } from '../../fake-clock.ts';
import { allDeliveries, snapshot } from '../conformance/read.ts';
import { claimed, delivered, note } from '../conformance/samples.ts';
import { commitNext, openState, scratch } from './state.ts';

const folder = scratch();
const whole = join(folder.path, 'whole');
const options = { clock: new FakeClock(), owner: 'test', onFatal: assert.fail };
after(() => folder[Symbol.dispose]());

/** Three events of `desk`, the first two in the history; `Stock` has two. */
before(async () => {
  const store = await openState(whole);
  await commitNext(store, 'desk', ['a', 'b']);
  await store.settle((await claimed(store, 9e15)).map(delivered));
  await store.retain({ now: 9e15, delivered: 9e15, dead: 9e15, maxEvents: 1 });
  await commitNext(store, 'desk', ['c']);
  await commitNext(store, 'Stock', ['x', 'y'], '7');
  store.note('desk', note(7));
  await store.close();
});

const reset = (state: string, ...names: string[]) =>
  resetSources({ kind: 'json', folder: state }, names, options);

function damage(state: string, file: string, change: (bytes: Buffer) => Buffer): string {
  const path = join(state, file);
  writeFileSync(path, change(readFileSync(path)));
  return path;
}

/** Both lines at the beginning whole, the records not. */
const RECORDS = (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -5), Buffer.from('????\n')]);

const CASES: readonly [what: string, change: (bytes: Buffer) => Buffer, gap: boolean][] = [
  ['a damaged record: the numbers go on', RECORDS, false],
  ['nothing left of it: a gap', () => Buffer.alloc(0), true],
  ['zeros: a gap', (bytes) => Buffer.alloc(bytes.length), true],
  ['a document of something else: a gap', () => Buffer.from('{"x":1}\n{"source":"desk"}\n'), true],
  [
    'a head of another source: a gap',
    (bytes) => Buffer.from(bytes.toString().replace('"source":"desk"', '"source":"other"')),
    true,
  ],
  [
    'a head with numbers that are none: a gap',
    (bytes) => Buffer.from(bytes.toString().replace('"sequence":3', '"sequence":-3')),
    true,
  ],
  [
    'a head that counts less than there is: the events that are there count',
    (bytes) => Buffer.from(bytes.toString().replace('"sequence":3', '"sequence":1')),
    false,
  ],
];

for (const [what, change, gap] of CASES) {
  test(`salvaged after ${what}`, async () => {
    const state = folder.copy(whole);
    const path = damage(state, 'sources/desk.json', change);
    const bytes = readFileSync(path);
    await assert.rejects(openState(state), { code: 'STATE_DAMAGED' });
    const next = gap ? 1_000_001 : 4;
    assert.deepEqual(await reset(state, 'desk'), [{ source: 'desk', kept: `${path}.damaged`, next, gap }]);
    assert.deepEqual(readFileSync(`${path}.damaged`), bytes);
    assert.deepEqual(await verifyJson(state), []);
    await using store = await openState(state);
    assert.equal((await store.source('desk'))?.comparison, '');
    assert.equal((await snapshot(store, 'desk')).size, 0);
    assert.equal((await snapshot(store, 'Stock')).size, 2);
    assert.equal((await store.notes()).has('desk'), false);
    assert.deepEqual(
      (await allDeliveries(store, { source: 'desk' })).map(({ id }) => id),
      ['evt_desk_1_hook', 'evt_desk_2_hook', 'evt_desk_3_hook'],
    );
    await commitNext(store, 'desk', ['a']);
    assert.equal((await store.source('desk'))?.sequence, next);
  });
}

test('salvaged after its document went missing: nothing to keep, a gap', async () => {
  const state = folder.copy(whole);
  rmSync(join(state, 'sources/desk.json'));
  assert.deepEqual(await reset(state, 'desk'), [{ source: 'desk', kept: null, next: 1_000_001, gap: true }]);
  await (await openState(state)).close();
});

test('a gap goes beyond an earlier one, and what was kept before stays', async () => {
  const state = folder.copy(whole);
  const path = damage(state, 'sources/desk.json', () => Buffer.alloc(0));
  await reset(state, 'desk');
  {
    await using store = await openState(state);
    await commitNext(store, 'desk', ['a']);
  }
  writeFileSync(path, 'null');
  assert.deepEqual(await reset(state, 'desk'), [
    { source: 'desk', kept: `${path}.damaged-2`, next: 2_000_001, gap: true },
  ]);
  assert.equal(readFileSync(`${path}.damaged`, 'utf8'), '');
  assert.equal(readFileSync(`${path}.damaged-2`, 'utf8'), 'null');
});

test('several at once, a whole one among them', async () => {
  const state = folder.copy(whole);
  const [stock = ''] = readdirSync(join(state, 'sources')).filter((name) => name.startsWith('Stock'));
  damage(state, `sources/${stock}`, RECORDS);
  const salvaged = await reset(state, 'desk', 'Stock');
  assert.deepEqual(
    salvaged.map(({ source, next }) => [source, next]),
    [['Stock', 3]],
  );
  await using store = await openState(state);
  assert.equal((await store.source('desk'))?.comparison, '');
  assert.equal((await store.source('desk'))?.sequence, 3);
});

test('nothing is done unless these sources are all that is wrong', async () => {
  const state = folder.copy(whole);
  const desk = damage(state, 'sources/desk.json', () => Buffer.alloc(0));
  const [stock = ''] = readdirSync(join(state, 'sources')).filter((name) => name.startsWith('Stock'));
  damage(state, `sources/${stock}`, RECORDS);
  await assert.rejects(reset(state, 'desk'), { code: 'STATE_DAMAGED', message: /reset Stock, too/ });
  damage(state, 'outbox/000001.jsonl', () => Buffer.alloc(0));
  await assert.rejects(reset(state, 'desk', 'Stock'), {
    code: 'STATE_DAMAGED',
    message: /000001\.jsonl: the file is empty; a reset helps only with documents of sources/,
  });
  assert.equal(existsSync(`${desk}.damaged`), false);
  assert.equal((await verifyJson(state)).length, 3);
});

test('a document of a later format is not damaged, and not thrown away', async () => {
  const state = folder.copy(whole);
  damage(state, 'sources/desk.json', (bytes) =>
    Buffer.from(bytes.toString().replace('"format":2', '"format":3')),
  );
  await assert.rejects(reset(state, 'desk'), { code: 'STATE_VERSION' });
});

test('the sources of a damaged state have names', () => {
  const state = folder.copy(whole);
  damage(state, 'sources/desk.json', () => Buffer.alloc(0));
  rmSync(join(state, 'sources'), { recursive: true });
  assert.deepEqual(sourcesInFolder(state), ['Stock', 'desk']);
  assert.equal(sourcesInFolder(join(folder.path, 'none')), null);
});

test('killed at any step, the source never looks as if it were new', async () => {
  const KILLED = new Error('killed');
  for (let at = 1, ended = false; !ended; at += 1) {
    const state = folder.copy(whole);
    damage(state, 'sources/desk.json', () => Buffer.alloc(0));
    let steps = 0;
    const disk = new Proxy(systemDisk, {
      get: (target, step: keyof typeof systemDisk) => {
        return (...args: never[]) => {
          steps += 1;
          if (steps === at) return Promise.reject(KILLED);
          return (target[step] as (...args: never[]) => Promise<unknown>)(...args);
        };
      },
    });
    ended = await salvageJson(state, ['desk'], disk).then(
      () => true,
      () => false,
    );
    if (!ended && (await verifyJson(state)).length > 0) await reset(state, 'desk');
    await using store = await openState(state);
    assert.equal((await store.source('desk'))?.sequence, 1_000_000, `step ${at}`);
  }
});
