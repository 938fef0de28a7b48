import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { PollhookError } from '../../src/errors.ts';
import { openJsonDraft, openJsonOriginal } from '../../src/store/json/copy.ts';
import { type Disk, systemDisk } from '../../src/store/json/disk.ts';
import { copyState, moveState } from '../../src/store/move.ts';
import { openStore, readState, verifyState } from '../../src/store/open.ts';
import type { Piece } from '../../src/store/pieces.ts';
import { openSqliteDraft } from '../../src/store/sqlite/copy.ts';
import { FakeClock } from '../fake-clock.ts';
import { allDeliveries } from './conformance/read.ts';
import { claimed, dead, note, webhook } from './conformance/samples.ts';
import { commitNext } from './json/state.ts';

const options = { clock: new FakeClock(), owner: 'test', onFatal: assert.fail };
let root = '';
let from: { kind: 'json'; folder: string };
let places = 0;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'pollhook-move-'));
  from = { kind: 'json', folder: join(root, 'from') };
  await using store = await openStore(from, options);
  await commitNext(store, 'desk', ['a', 'b']);
  await store.settle((await claimed(store, 9e15)).map(dead), [webhook('hook', 1)]);
  await commitNext(store, 'desk', ['c']);
  store.note('noted', note(3));
});
after(() => rm(root, { recursive: true }));

function freePath(): string {
  places += 1;
  return join(root, `${places}`);
}

type Fault = (step: keyof Disk, args: readonly unknown[]) => Promise<unknown>;

/** Lets the fault happen instead of one step. */
function faulty(at: number, fault: Fault): { disk: Disk; taken: () => number } {
  let taken = 0;
  const disk = new Proxy(systemDisk, {
    get: (target, step: keyof Disk) => {
      return (...args: unknown[]) => {
        taken += 1;
        if (taken === at) return fault(step, args);
        return (target[step] as (...args: unknown[]) => Promise<unknown>)(...args);
      };
    },
  });
  return { disk, taken: () => taken };
}

async function copyTo(folder: string, disk: Disk): Promise<void> {
  await using original = await openJsonOriginal(from.folder);
  await using draft = await openJsonDraft(folder, disk);
  await copyState(original, draft);
}

/** What a killed process leaves, without the lock, which dies with it. */
function remainsOf(folder: string): string {
  const to = freePath();
  if (existsSync(folder))
    cpSync(folder, to, { recursive: true, filter: (name) => !/^lock/.test(basename(name)) });
  return to;
}

async function assertWhole(folder: string): Promise<void> {
  await using store = await openStore({ kind: 'json', folder }, options);
  await using original = await readState(from);
  assert.equal(store.identity, original?.identity);
  assert.equal((await allDeliveries(store)).length, 3);
  assert.equal((await store.notes()).size, 2);
}

test('killed at any step, half a write included: no copy or a whole one, and the next one succeeds', async () => {
  const { disk, taken } = faulty(0, async () => undefined);
  await copyTo(freePath(), disk);
  const steps = taken();
  assert.ok(steps > 30, `${steps} steps`);
  let whole = 0;
  for (let at = 1; at <= steps; at += 1) {
    const folder = freePath();
    const killed = Promise.withResolvers<void>();
    const { disk } = faulty(at, async (step, args) => {
      if (step === 'write') {
        const [file, data] = args as [number, Buffer[]];
        const bytes = Buffer.concat(data);
        await systemDisk.write(file, [bytes.subarray(0, bytes.length >> 1)]);
      }
      killed.resolve();
      return new Promise(() => undefined);
    });
    // Its lock stays with this process: what is looked at are copies without it.
    await using original = await openJsonOriginal(from.folder);
    const copying = openJsonDraft(folder, disk).then((draft) => copyState(original, draft));
    await Promise.race([killed.promise, copying]);

    const remains = remainsOf(folder);
    if (existsSync(join(remains, 'state.json'))) {
      whole += 1;
      assert.deepEqual(await verifyState({ kind: 'json', folder: remains }), []);
      await assertWhole(remains);
      continue;
    }
    if ((existsSync(remains) ? readdirSync(remains) : []).length > 0)
      await assert.rejects(
        openStore({ kind: 'json', folder: remains }, options),
        PollhookError,
        `step ${at}`,
      );
    assert.ok((await verifyState({ kind: 'json', folder: remains })).length > 0, `step ${at}`);
    await original[Symbol.asyncDispose]();
    await moveState(from, { kind: 'json', folder: remains });
    await assertWhole(remains);
  }
  assert.ok(whole > 0 && whole < 3, `${whole} whole`);
});

test('a full disk at any step: the copy is refused and cleared away, or whole', async () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  for (let at = 1; ; at += 1) {
    const folder = freePath();
    const { disk, taken } = faulty(at, () => Promise.reject(full));
    const done = await copyTo(folder, disk).then(
      () => null,
      (error) => error,
    );
    if (taken() < at) return;
    assert.ok(done instanceof PollhookError, `step ${at}`);
    assert.equal(done.code, 'STATE_WRITE_FAILED');
    const left = existsSync(folder) ? readdirSync(folder).filter((name) => name !== 'lock') : [];
    if (left.length > 0) await assertWhole(folder);
    else await moveState(from, { kind: 'json', folder });
    await assertWhole(folder);
  }
});

test('a file that is half written has another name, and goes away', async () => {
  const file = join(freePath(), 'state.db');
  async function* broken(): AsyncGenerator<Piece> {
    await using original = await openJsonOriginal(from.folder);
    let count = 0;
    for await (const piece of original.pieces()) {
      yield piece;
      count += 1;
      if (count === 5) throw new Error('interrupted');
    }
  }
  {
    await using draft = await openSqliteDraft(file);
    await assert.rejects(draft.write(broken()), /interrupted/);
    assert.equal(existsSync(file), false);
    assert.equal(existsSync(`${file}.new`), true);
    // As a killed process leaves it.
    cpSync(`${file}.new`, join(root, 'killed.db.new'));
  }
  assert.deepEqual(
    readdirSync(join(file, '..')).filter((name) => !name.includes('lock')),
    [],
  );
  assert.equal(await readState({ kind: 'sqlite', file: join(root, 'killed.db') }), null);
  await moveState(from, { kind: 'sqlite', file: join(root, 'killed.db') });
  await using store = await openStore({ kind: 'sqlite', file: join(root, 'killed.db') }, options);
  assert.equal((await allDeliveries(store)).length, 3);
  assert.equal(existsSync(join(root, 'killed.db.new')), false);
});

test('a copy that is not what was read is refused', async () => {
  await using original = await openJsonOriginal(from.folder);
  for (const change of [
    (piece: Piece): Piece[] => (piece.kind === 'event' ? [] : [piece]),
    (piece: Piece): Piece[] =>
      piece.kind === 'record' && piece.record.key === 'b'
        ? [{ ...piece, record: { ...piece.record, text: '2' } }]
        : [piece],
  ]) {
    const folder = freePath();
    await using draft = await openJsonDraft(folder);
    const write = async (pieces: AsyncIterable<Piece>) =>
      draft.write(
        (async function* () {
          for await (const piece of pieces) yield* change(piece);
        })(),
      );
    await assert.rejects(copyState(original, { ...draft, write }), {
      code: 'STATE_WRITE_FAILED',
      message: /differs at (event evt_desk_1|record "b")/,
    });
    assert.equal(await readState({ kind: 'json', folder }), null);
  }
});

for (const [what, fill] of [
  ['other files', (folder: string) => writeFileSync(join(folder, 'thesis.txt'), 'mine')],
  ['a state', (folder: string) => cpSync(from.folder, folder, { recursive: true })],
  [
    'files beside an interrupted copy',
    (folder: string) => {
      mkdirSync(join(folder, '.pollhook-copy'));
      writeFileSync(join(folder, 'thesis.txt'), 'mine');
    },
  ],
] as const) {
  test(`a folder that holds ${what} is refused, and left alone`, async () => {
    const folder = freePath();
    mkdirSync(folder);
    fill(folder);
    const names = readdirSync(folder, { recursive: true });
    await assert.rejects(moveState(from, { kind: 'json', folder }), { code: 'USAGE', exitCode: 2 });
    assert.deepEqual(readdirSync(folder, { recursive: true }), names);
  });
}

test('the copy may be in the folder of the original, not among its files', async () => {
  const folder = remainsOf(from.folder);
  const inside = (name: string) => join(folder, name);
  for (const to of [
    { kind: 'sqlite', file: inside('polls.json') } as const,
    { kind: 'json', folder: inside('sources') } as const,
    { kind: 'json', folder: inside('history/new') } as const,
  ]) {
    await assert.rejects(moveState({ kind: 'json', folder }, to), { code: 'USAGE' });
  }
  await moveState({ kind: 'json', folder }, { kind: 'sqlite', file: inside('state.db') });
  await moveState({ kind: 'json', folder }, { kind: 'json', folder: inside('new') });
  await assertWhole(inside('new'));
  await assertWhole(folder);
});

test('a fresh volume is a place for a copy', async () => {
  const folder = freePath();
  mkdirSync(join(folder, 'lost+found'), { recursive: true });
  await moveState(from, { kind: 'json', folder });
  await assertWhole(folder);
});

test('a damaged original is refused with the file, and nothing is made', async () => {
  const broken = freePath();
  cpSync(from.folder, broken, { recursive: true });
  writeFileSync(join(broken, 'sources/desk.json'), '');
  const [folder, file] = [freePath(), `${freePath()}.db`];
  for (const to of [{ kind: 'json', folder } as const, { kind: 'sqlite', file } as const]) {
    await assert.rejects(moveState({ kind: 'json', folder: broken }, to), {
      code: 'STATE_DAMAGED',
      message: /desk\.json: the file is empty/,
    });
  }
  assert.deepEqual(
    readdirSync(folder).filter((name) => name !== 'lock'),
    [],
  );
  assert.equal(existsSync(file), false);
});
