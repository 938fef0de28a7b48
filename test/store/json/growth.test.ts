import assert from 'node:assert/strict';
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { PollhookError } from '../../../src/errors.ts';
import type { Store } from '../../../src/store/contract.ts';
import type { Disk } from '../../../src/store/json/disk.ts';
import { verifyJson } from '../../../src/store/json/verify.ts';
import { until } from '../../fake-clock.ts';
import { allDeliveries, retainAll } from '../conformance/read.ts';
import { attempt, claimed, dead, delivered, later, owe } from '../conformance/samples.ts';
import { commitNext, openState, quickDisk, scratch } from './state.ts';

const folder = scratch();
after(() => folder[Symbol.dispose]());

const KEEP = { now: 9e15, delivered: 9e15, dead: 9e15, maxEvents: 1e9 };

function filesIn(state: string, of: string): string[] {
  return readdirSync(join(state, of)).sort();
}

function journalSize(state: string): number {
  return filesIn(state, 'outbox').reduce((sum, name) => sum + statSync(join(state, 'outbox', name)).size, 0);
}

/** The outcome as it is shown, whatever file it stands in. */
async function everything(store: Store) {
  const deliveries = await allDeliveries(store, { limit: 1000 });
  return { deliveries, attempts: await Promise.all(deliveries.map(({ id }) => store.attempts(id))) };
}

async function deliverAll(store: Store): Promise<void> {
  for (let ids = await claimed(store, 9e15); ids.length > 0; ids = await claimed(store, 9e15)) {
    await store.settle(ids.map(delivered));
  }
}

test('finished batches are folded: few files, the same events, attempts and order', async () => {
  const state = join(folder.path, 'fold');
  const store = await openState(state);
  for (let at = 0; at < 150; at += 1)
    await commitNext(store, at % 2 ? 'desk' : 'other', ['a', 'b', 'c', 'd']);
  await deliverAll(store);
  await commitNext(store, 'desk', ['pending']);
  const before = await everything(store);
  await retainAll(store, KEEP);
  assert.equal(filesIn(state, 'history').length, 2, '600 events make two documents of 250');
  assert.ok(filesIn(state, 'spool').length <= 27, 'the rest waits for the next document');
  assert.deepEqual(await everything(store), before);
  await store.close();
  assert.deepEqual(await verifyJson(state), []);
  await using again = await openState(state);
  assert.deepEqual(await everything(again), before);
});

test('a large batch is spread over documents of the history; killed in between, nothing is twice', async () => {
  const state = join(folder.path, 'large');
  const store = await openState(state);
  await commitNext(
    store,
    'desk',
    Array.from({ length: 600 }, (_, at) => `k${at}`),
  );
  await deliverAll(store);
  const before = await everything(store);
  for (let step = 1; step <= 2; step += 1) {
    await store.retain({ ...KEEP, maxEvents: 599 });
    await using remains = await openState(folder.copy(state));
    const found = await everything(remains);
    assert.deepEqual(found.deliveries, before.deliveries, `step ${step}`);
  }
  await retainAll(store, { ...KEEP, maxEvents: 10 });
  assert.deepEqual((await everything(store)).deliveries, before.deliveries.slice(590));
  await store.close();
});

/** Attempts that fail, of a hundred deliveries, until the journal is compacted for the first time. */
async function untilCompacted(store: Store, state: string, acknowledged: () => void): Promise<void> {
  const answer = 'x'.repeat(2000);
  await commitNext(
    store,
    'desk',
    Array.from({ length: 100 }, (_, at) => `k${at}`),
  );
  while (!filesIn(state, 'outbox').includes('000002.jsonl')) {
    const ids = await claimed(store, 9e15);
    await store.settle(ids.map((id) => ({ ...later(id, 1), attempt: { ...attempt('failed'), answer } })));
    acknowledged();
  }
}

/** What a compaction does to the disk, in its order. */
const COMPACTION: readonly (keyof Disk)[] = [
  ...(['create', 'write', 'fsync', 'close', 'rename', 'fsyncFolder'] as const),
  ...(['openAppend', 'close', 'unlink', 'fsyncFolder'] as const),
];

/** Never comes back from the step with this number, counted from the compaction's first; -1 for none. */
function stopping(at: number): { disk: Disk; stopped: Promise<void>; taken: (keyof Disk)[] } {
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  const taken: (keyof Disk)[] = [];
  const wrap = (step: keyof Disk) => {
    return (...args: unknown[]) => {
      if (taken.length > 0 || String(args[0]).includes('000002.jsonl')) taken.push(step);
      if (taken.length === at) {
        resolve();
        return new Promise(() => undefined);
      }
      return (quickDisk[step] as (...args: unknown[]) => Promise<unknown>)(...args);
    };
  };
  const disk = Object.fromEntries(Object.keys(quickDisk).map((step) => [step, wrap(step as keyof Disk)]));
  return { disk: disk as unknown as Disk, stopped, taken };
}

test('the journal is compacted when it has grown: all attempts are kept, and later ones follow', async () => {
  const state = join(folder.path, 'journal');
  const { disk, taken } = stopping(-1);
  const store = await openState(state, {}, disk);
  let rounds = 0;
  await untilCompacted(store, state, () => {
    rounds += 1;
  });
  await deliverAll(store);
  const { attempts } = await everything(store);
  assert.ok(rounds < 20, `${rounds} rounds: all attempts are kept`);
  assert.deepEqual(
    attempts.map((list) => list?.length),
    Array(100).fill(rounds + 1),
  );
  assert.deepEqual(taken.slice(0, COMPACTION.length), COMPACTION);
  assert.deepEqual(filesIn(state, 'outbox'), ['000002.jsonl']);
  await using again = await openState(folder.copy(state));
  assert.deepEqual((await everything(again)).attempts, attempts);
  await store.close();
});

test('what is folded while the journal is compacted is not told twice', async () => {
  const state = join(folder.path, 'compact-fold');
  const keys = Array.from({ length: 250 }, (_, index) => `k${index}`);
  const begun = Promise.withResolvers<void>();
  const folded = Promise.withResolvers<void>();
  const disk: Disk = {
    ...quickDisk,
    // The new segment takes long: folding is done before it is there.
    async create(path) {
      if (path.includes('outbox')) {
        begun.resolve();
        await folded.promise;
      }
      return quickDisk.create(path);
    },
  };
  await using first = await openState(state);
  const ids = await owe(first, 'desk', keys);
  await claimed(first, 9e15);
  await first.settle(ids.map(delivered));
  await first.close();
  const store = await openState(state, {}, disk);
  const before = await everything(store);
  const large = store.remember('large', { text: 'x'.repeat(1_100_000) });
  await Promise.all([large, begun.promise]);
  await store.retain(KEEP);
  folded.resolve();
  await store.remember('large', null);
  assert.deepEqual(await everything(store), before);
  // Its document is written anew, with what the journal has told since.
  await store.requeue({ webhook: 'hook', since: 0, until: 9e15, limit: 1 });
  await deliverAll(store);
  await retainAll(store, KEEP);
  const { attempts } = await everything(store);
  assert.deepEqual(
    attempts.map((all) => all?.length),
    keys.map((_, index) => (index === 0 ? 2 : 1)),
  );
  await store.close();
});

test('what was settled by hand, and memos, outlast a compaction, also of what is in the history', async () => {
  const state = join(folder.path, 'marks');
  const store = await openState(state);
  const ids = await owe(
    store,
    'desk',
    Array.from({ length: 254 }, (_, at) => `m${at}`),
    'other',
  );
  const [, a = '', b = '', c = '', d = '', e = ''] = ids;
  await claimed(store, 9e15, 'none', 5, 'other');
  await store.settle([a, b, c, d].map((id) => later(id, 1)));
  await store.settle([delivered(ids[0] ?? '')]);
  const together = {
    webhook: 'other',
    order: 'key',
    now: 9e15,
    limit: 1,
    batch: { max: 4, length: 1e6, wait: 0 },
  } as const;
  await store.claim(together);
  await store.settle([dead(a), dead(b), dead(c), later(d, 7)]);
  await store.revive([a, b]);
  await store.drop([a, c, e]);
  for (let left = await claimed(store, 9e15, 'none', 300, 'other'); left.length > 0; left = [])
    await store.settle(left.map(delivered));
  await store.remember('kept', { n: 1 });
  await store.remember('gone', { n: 2 });
  await store.remember('gone', null);
  await retainAll(store, KEEP);
  // Now of the history.
  assert.deepEqual(filesIn(state, 'history'), ['000001.json']);
  await store.requeue({ webhook: 'other', since: 0, until: 9e15, limit: 4 });
  await store.drop([ids[3] ?? '']);
  const answer = 'x'.repeat(900_000);
  await claimed(store, 9e15, 'none', 1, 'other');
  await store.settle([{ ...later(ids[0] ?? '', 9), attempt: { ...attempt('failed'), answer } }]);
  await store.remember('big', { text: 'y'.repeat(200_000) });
  await until(async () => filesIn(state, 'outbox').join() === '000002.jsonl', 'compaction');
  const seen = await everything(store);
  assert.equal(seen.deliveries.filter(({ state }) => state === 'pending').length, 3);
  await using again = await openState(folder.copy(state));
  assert.deepEqual(await everything(again), seen);
  assert.deepEqual([...(await again.memos()).keys()], ['kept', 'big']);
  const order = async (one: Store) => claimed(one, 9e15, 'none', 9, 'other');
  assert.deepEqual(await order(again), await order(store));
  await store.close();
});

test('attempts that are no longer kept leave the journal, and stay counted', async () => {
  const state = join(folder.path, 'attempts');
  await using store = await openState(state);
  await commitNext(store, 'desk', ['a', 'b']);
  const answer = 'x'.repeat(2000);
  const settle = async (at: number) => {
    const ids = await claimed(store, 9e15);
    await store.settle(ids.map((id) => ({ ...later(id, 1), attempt: { ...attempt('failed', at), answer } })));
  };
  for (let at = 1; at <= 2000; at += 1) await settle(at);
  assert.ok(journalSize(state) < 1_100_000, `${journalSize(state)} bytes`);
  const number = Number.parseInt(filesIn(state, 'outbox')[0] ?? '', 10);
  assert.ok(number > 5, `${number} segments`);
  const seen = async (one: Store) => {
    const { deliveries, attempts } = await everything(one);
    return deliveries
      .map(({ attempts }) => attempts)
      .concat(attempts.flatMap((list) => list?.map(({ at }) => at) ?? []));
  };
  const kept = [1, ...Array.from({ length: 20 }, (_, index) => 1981 + index)];
  assert.deepEqual(await seen(store), [2000, 2000, ...kept, ...kept]);
  await using again = await openState(folder.copy(state));
  assert.deepEqual(await seen(again), await seen(store));
  assert.deepEqual(await verifyJson(state), []);
});

for (const [what, spoil, code] of [
  ['damaged', (file: string) => writeFileSync(file, 'x', { flag: 'r+' }), 'STATE_DAMAGED'],
  ['gone', (file: string) => rmSync(file), 'STATE_WRITE_FAILED'],
] as const) {
  test(`a journal that is found ${what} when it is compacted ends the store, though nobody waits`, async () => {
    const state = join(folder.path, what);
    const told: PollhookError[] = [];
    const store = await openState(state, { onFatal: (error) => told.push(error) });
    await commitNext(store, 'desk', ['a']);
    spoil(join(state, 'outbox', '000001.jsonl'));
    await claimed(store, 9e15);
    const answer = 'x'.repeat(1_200_000);
    await store.settle([{ ...later('evt_desk_1_hook', 1), attempt: { ...attempt('failed'), answer } }]);
    await until(() => told.length > 0, 'onFatal');
    assert.deepEqual(
      told.map((error) => error.code),
      [code],
    );
    assert.match(told[0]?.message ?? '', /000001\.jsonl/);
    await assert.rejects(claimed(store, 9e15), { code });
    await store.close().catch(() => undefined);
  });
}

test('what is over leaves the journal', async () => {
  const state = join(folder.path, 'over');
  await using store = await openState(state);
  const sizes: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    await commitNext(
      store,
      'desk',
      Array.from({ length: 2500 }, (_, at) => `k${at}`),
    );
    await deliverAll(store);
    await retainAll(store, { ...KEEP, maxEvents: 0 });
    sizes.push(journalSize(state));
  }
  assert.ok(
    sizes.every((size) => size < 1_800_000),
    `${sizes}`,
  );
  assert.deepEqual(filesIn(state, 'spool'), []);
  assert.deepEqual(filesIn(state, 'history'), []);
});

test('killed at any step of a compaction, no attempt is missing or twice', async () => {
  for (let at = 1; at <= COMPACTION.length; at += 1) {
    const state = join(folder.path, `compaction-${at}`);
    const { disk, stopped } = stopping(at);
    const store = await openState(state, {}, disk);
    let rounds = 0;
    await Promise.race([
      stopped,
      untilCompacted(store, state, () => {
        rounds += 1;
      }).then(() => stopped),
    ]);
    await using successor = await openState(folder.copy(state));
    const { attempts } = await everything(successor);
    const counts = new Set(attempts.map((list) => list?.length));
    // The settlement that set it off may be durable and not acknowledged yet; or the next claim may have begun.
    assert.ok(
      counts.size === 1 && [rounds, rounds + 1].includes([...counts][0] ?? -1),
      `step ${at}: ${[...counts]}, ${rounds}`,
    );
  }
});
