import assert from 'node:assert/strict';
import { copyFile, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openSqliteStore } from '../../../src/store/sqlite/open.ts';
import { verifySqlite } from '../../../src/store/sqlite/verify.ts';
import { walProblem } from '../../../src/store/sqlite/wal.ts';
import { FakeClock } from '../../fake-clock.ts';
import { commitOf, record } from '../conformance/samples.ts';

const COMMITS = 6;
const FRAME = 4096 + 24;
const options = { clock: new FakeClock(), owner: 'test', onFatal: assert.fail };
let root: string;
let main: Buffer;
let log: Buffer;
/** Where each commit ends in the log. */
const ends: number[] = [];
let copies = 0;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'pollhook-wal-'));
  const file = join(root, 'state.db');
  await using store = await openSqliteStore(file, options);
  for (let version = 0; version < COMMITS; version += 1) {
    const difference = { replace: false, upserts: [record(`k${version}`, `${version}`)], removes: [] };
    await store.commit(commitOf({ source: 'desk', expected: version, difference }));
    ends.push((await readFile(`${file}-wal`)).length);
  }
  main = await readFile(file);
  log = await readFile(`${file}-wal`);
});

after(() => rm(root, { recursive: true }));

async function left(bytes: Buffer): Promise<string> {
  copies += 1;
  const file = join(root, `copy-${copies}.db`);
  await writeFile(file, main);
  await writeFile(`${file}-wal`, bytes);
  return file;
}

function flipped(at: number): Buffer {
  const bytes = Buffer.from(log);
  bytes[at] = (bytes[at] ?? 0) ^ 0x10;
  return bytes;
}

async function version(file: string): Promise<number> {
  await using store = await openSqliteStore(file, options);
  return (await store.source('desk'))?.version ?? 0;
}

test('a whole log is whole', async () => {
  const file = await left(log);
  assert.equal(await walProblem(`${file}-wal`), null);
  assert.equal(await version(file), COMMITS);
});

test('a log that was never begun is none', async () => {
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(32), Buffer.alloc(9000)]) {
    assert.equal(await walProblem(`${await left(bytes)}-wal`), null);
  }
  assert.equal(await walProblem(join(root, 'none-wal')), null);
});

describe('a torn end is what a power cut leaves: the commits before it are there', () => {
  const last = () => ends.at(-2) ?? 0;
  const cases: [what: string, make: () => Buffer][] = [
    ['cut within the last commit', () => log.subarray(0, last() + FRAME + 77)],
    ['cut within a frame header', () => log.subarray(0, last() + 11)],
    [
      'the end never reached the disk',
      () => Buffer.concat([log.subarray(0, last()), Buffer.alloc(log.length - last())]),
    ],
    [
      'only the first frame of the last commit did not',
      () => Buffer.from(log).fill(0, last(), last() + FRAME),
    ],
    ['a bit of the last commit', () => flipped(last() + 500)],
    [
      'frames of an older log behind the end',
      () => {
        const old = Buffer.from(log.subarray(32, 32 + 4 * FRAME));
        for (let at = 8; at < old.length; at += FRAME) old.fill(7, at, at + 8);
        return Buffer.concat([log.subarray(0, last()), old]);
      },
    ],
  ];
  for (const [what, make] of cases) {
    test(what, async () => {
      const file = await left(make());
      assert.equal(await walProblem(`${file}-wal`), null);
      assert.equal(await version(file), COMMITS - 1);
    });
  }
});

describe('damage before the end is refused, because SQLite would drop every commit after it', () => {
  const cases: [what: string, make: () => Buffer][] = [
    ['magic', () => flipped(1)],
    ['page size', () => flipped(10)],
    ['salt in the header', () => flipped(17)],
    ['checksum in the header', () => flipped(30)],
    ['a header of zeros', () => Buffer.from(log).fill(0, 0, 32)],
    ['text', () => Buffer.from('not a log')],
    ['a bit in the first page', () => flipped(32 + 24 + 9)],
    ['a salt of the first frame', () => flipped(32 + 9)],
    ['a page of zeros', () => Buffer.from(log).fill(0, 32 + FRAME, 32 + 2 * FRAME)],
    ['the frame that ends a commit', () => flipped((ends[2] ?? 0) - 100)],
    ['a bit in the commit before the last', () => flipped((ends.at(-2) ?? 0) - 100)],
  ];
  for (const [what, make] of cases) {
    test(what, async () => {
      const file = await left(make());
      const bytes = await readFile(`${file}-wal`);
      await assert.rejects(openSqliteStore(file, options), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'STATE_DAMAGED');
        assert.ok(error.message.startsWith(`${file}-wal: `), error.message);
        return true;
      });
      assert.deepEqual(await readFile(`${file}-wal`), bytes);
      assert.equal(
        (await verifySqlite(file)).some((one) => one.file === `${file}-wal`),
        true,
      );
    });
  }
});

test('a large log is read in pieces', async () => {
  const file = join(root, 'large.db');
  await using store = await openSqliteStore(file, options);
  const upserts = Array.from({ length: 2400 }, (_, index) => record(`k${index}`, `"${'x'.repeat(600)}"`));
  await store.commit(commitOf({ source: 'desk', difference: { replace: false, upserts, removes: [] } }));
  await store.commit(commitOf({ source: 'other' }));
  const copy = join(root, 'large-wal-copy');
  await copyFile(`${file}-wal`, copy);
  assert.equal(await walProblem(copy), null);
  await using handle = await open(copy, 'r+');
  await handle.write(Buffer.from([1, 2, 3]), 0, 3, 32 + FRAME * 300 + 1000);
  assert.match((await walProblem(copy)) ?? '', new RegExp(`byte ${32 + FRAME * 300},`));
});
