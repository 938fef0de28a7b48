import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { PollhookError } from '../../../src/errors.ts';
import type { Store } from '../../../src/store/contract.ts';
import type { Disk } from '../../../src/store/json/disk.ts';
import { systemDisk } from '../../../src/store/json/disk.ts';
import { FakeClock } from '../../fake-clock.ts';
import { allDeliveries, snapshot } from '../conformance/read.ts';
import { claimed, delivered, later, note, webhook } from '../conformance/samples.ts';
import { commitNext, openState, quickDisk, scratch } from './state.ts';

const folder = scratch();
after(() => folder[Symbol.dispose]());

const KEEP = { now: 9e15, delivered: 9e15, dead: 9e15, maxEvents: 1e9 };

/** One of everything that writes, in an order in which each finds something to do. */
const SCENARIO: readonly ((store: Store) => Promise<unknown>)[] = [
  (store) => commitNext(store, 'desk', ['a', 'b']),
  (store) => commitNext(store, 'other', ['a']),
  (store) => claimed(store, 9e15),
  (store) => store.settle([delivered('evt_desk_1_hook'), later('evt_desk_2_hook', 5)], [webhook('hook', 2)]),
  (store) => commitNext(store, 'desk', ['a'], '"changed"'),
  // Folds the finished batch, then removes what is over.
  (store) => claimed(store, 9e15),
  (store) => store.settle([delivered('evt_desk_2_hook'), delivered('evt_other_1_hook')]),
  (store) => store.retain({ ...KEEP, maxEvents: 1 }),
  (store) => store.retain({ ...KEEP, maxEvents: 1 }),
  (store) => store.retain({ ...KEEP, maxEvents: 0 }),
  async (store) => store.note('other', note(9)),
  (store) => store.reset('desk'),
  (store) => commitNext(store, 'other', ['b']),
  (store) => store.close(),
];

/** All that was promised to last, notes left out: theirs is another promise. */
async function read(store: Store) {
  const sources = await store.sources();
  const deliveries = await allDeliveries(store);
  return {
    sources,
    snapshots: await Promise.all(sources.map(({ source }) => snapshot(store, source))),
    deliveries,
    attempts: await Promise.all(deliveries.map(({ id }) => store.attempts(id))),
    webhooks: await store.webhooks(),
  };
}

/** What a successor finds. */
async function remains(state: string) {
  await using store = await openState(folder.copy(state));
  return await read(store);
}

type Fault = (disk: Disk, step: keyof Disk, args: readonly unknown[]) => Promise<unknown>;

/** Counts the steps, and lets the fault happen instead of one of them. */
function faulty(at: number, fault: Fault): { disk: Disk; taken: () => (keyof Disk)[] } {
  const taken: (keyof Disk)[] = [];
  const wrap = (step: keyof Disk) => {
    return (...args: unknown[]) => {
      taken.push(step);
      if (taken.length === at) return fault(quickDisk, step, args);
      return (quickDisk[step] as (...args: unknown[]) => Promise<unknown>)(...args);
    };
  };
  const disk = Object.fromEntries(Object.keys(quickDisk).map((step) => [step, wrap(step as keyof Disk)]));
  return { disk: disk as unknown as Disk, taken: () => taken };
}

/** What a successor finds after each part of the scenario, and how many steps on disk each takes. */
const expected: { found: Awaited<ReturnType<typeof remains>>; steps: number }[] = [];
let opening = 0;

test('the scenario runs to its end', async () => {
  const { disk, taken } = faulty(0, async () => undefined);
  const state = join(folder.path, 'reference');
  const store = await openState(state, {}, disk);
  opening = taken().length;
  for (const part of SCENARIO) {
    await part(store);
    expected.push({ found: await remains(state), steps: taken().length });
  }
  const names = new Set(taken());
  for (const step of Object.keys(quickDisk))
    assert.ok(names.has(step as keyof Disk), `${step} never happens`);
});

function total(): number {
  return expected.at(-1)?.steps ?? 0;
}

test('killed at any step, half a write included: what was acknowledged is there, the rest wholly or not at all', async () => {
  for (let at = 1; at <= total(); at += 1) {
    const state = join(folder.path, `killed-${at}`);
    const killed = Promise.withResolvers<'killed'>();
    const { disk } = faulty(at, async (real, step, args) => {
      if (step === 'write') {
        const [file, data] = args as [number, Buffer[]];
        const whole = Buffer.concat(data);
        await real.write(file, [whole.subarray(0, Math.floor(whole.length / 2))]);
      }
      killed.resolve('killed');
      return new Promise(() => undefined);
    });
    let acknowledged = -1;
    const run = async () => {
      const store = await openState(state, {}, disk);
      for (const part of SCENARIO) {
        await part(store);
        acknowledged += 1;
      }
    };
    await Promise.race([run(), killed.promise]);
    const found = await remains(state);
    const before = expected[acknowledged]?.found ?? expected[0]?.found;
    const after = expected[acknowledged + 1]?.found;
    if (acknowledged < 0 && found.sources.length === 0) continue;
    const isAfter = JSON.stringify(found) === JSON.stringify(after);
    if (!isAfter) assert.deepEqual(found, before, `killed at step ${at}, after part ${acknowledged}`);
  }
});

test('a failure at any step ends the store: nothing is acknowledged afterwards, nothing that was is missing', async () => {
  for (let at = opening + 1; at <= total(); at += 1) {
    const state = join(folder.path, `failed-${at}`);
    const reason = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    const { disk } = faulty(at, () => Promise.reject(reason));
    const told: PollhookError[] = [];
    const store = await openState(state, { onFatal: (error) => told.push(error) }, disk);
    let acknowledged = -1;
    await assert.rejects(
      async () => {
        for (const part of SCENARIO) {
          await part(store);
          acknowledged += 1;
        }
      },
      (error) => {
        assert.ok(error instanceof PollhookError);
        assert.equal(error.code, 'STATE_WRITE_FAILED', `step ${at}`);
        assert.match(error.message, /no space left/);
        assert.equal(error.cause, reason);
        return true;
      },
    );
    assert.equal(told.length, 1, `step ${at}`);
    for (const part of SCENARIO.slice(0, -1)) {
      await assert.rejects(part(store), { code: 'STATE_WRITE_FAILED' }, `step ${at}`);
    }
    assert.equal(told.length, 1);
    await store.close().catch(() => undefined);

    const found = JSON.stringify(await remains(state));
    const allowed = [expected[acknowledged], expected[acknowledged + 1]].map((one) =>
      JSON.stringify(one?.found),
    );
    if (acknowledged >= 0)
      assert.ok(allowed.includes(found), `failed at step ${at}, after part ${acknowledged}`);
  }
});

for (const [code, expectedCode] of [
  ['ENOSPC', 'STATE_WRITE_FAILED'],
  ['EIO', 'STATE_WRITE_FAILED'],
  ['EROFS', 'STATE_UNAVAILABLE'],
  ['EACCES', 'STATE_UNAVAILABLE'],
] as const) {
  test(`${code} at any step of the first open is ${expectedCode}, and the next open makes it good`, async () => {
    for (let at = 1; at <= opening; at += 1) {
      const state = join(folder.path, `${code}-${at}`);
      const reason = Object.assign(new Error(`${code}: it says`), { code });
      await assert.rejects(openState(state, {}, faulty(at, () => Promise.reject(reason)).disk), (error) => {
        assert.ok(error instanceof PollhookError, String(error));
        assert.ok(
          error.code === expectedCode || error.code === 'STATE_UNAVAILABLE',
          `step ${at}: ${error.code}`,
        );
        return true;
      });
      await using store = await openState(state);
      await commitNext(store, 'desk', ['a']);
    }
  });
}

test('a document is made durable in this order, and only then acknowledged', async () => {
  const steps: string[] = [];
  const disk = Object.fromEntries(
    Object.entries(systemDisk).map(([step, run]) => [
      step,
      async (...args: unknown[]) => {
        const result = await (run as (...args: unknown[]) => Promise<unknown>)(...args);
        steps.push(step);
        return result;
      },
    ]),
  ) as unknown as Disk;
  const publish = ['create', 'write', 'fsync', 'close', 'rename', 'fsyncFolder'];
  await using store = await openState(join(folder.path, 'order'), { clock: new FakeClock() }, disk);
  const during = async (work: () => Promise<unknown>) => {
    steps.length = 0;
    await work();
    return [...steps];
  };
  assert.deepEqual(await during(() => commitNext(store, 'desk', ['a'])), [...publish, ...publish]);
  assert.deepEqual(await during(() => claimed(store, 9e15)), ['write', 'fdatasync']);
  const settle = () => store.settle([delivered('evt_desk_1_hook')]);
  assert.deepEqual(await during(settle), ['write', 'fdatasync']);
  const fold = () => store.retain({ ...KEEP, maxEvents: 0 });
  assert.deepEqual(await during(fold), [...publish, 'unlink', 'fsyncFolder']);
  assert.deepEqual(await during(() => store.reset('desk')), [...publish, ...publish]);
});
