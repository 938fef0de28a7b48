import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import type { StateLocation } from '../../src/config/document.ts';
import type { Store } from '../../src/store/contract.ts';
import { moveState } from '../../src/store/move.ts';
import { openStore, readState } from '../../src/store/open.ts';
import { FakeClock } from '../fake-clock.ts';
import { Run } from './conformance/any-sequence.ts';
import { createPlace } from './conformance/place.ts';
import { allDeliveries, backlog, retainAll, snapshot } from './conformance/read.ts';
import {
  claimed,
  commitOf,
  delivered,
  event,
  later,
  note,
  owed,
  progress,
  record,
  webhook,
} from './conformance/samples.ts';
import { step } from './conformance/steps.ts';

const clock = new FakeClock();
let root = '';
let places = 0;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'pollhook-move-'));
});
after(() => rm(root, { recursive: true }));

type Kind = StateLocation['kind'];
const KINDS: readonly Kind[] = ['json', 'sqlite'];

function at(kind: Kind, path: string): StateLocation {
  return kind === 'json' ? { kind, folder: path } : { kind, file: path };
}

/** One that is free. */
function place(kind: Kind): StateLocation {
  places += 1;
  return at(kind, join(root, `${places}`));
}

function pathOf(location: StateLocation): string {
  return location.kind === 'json' ? location.folder : location.file;
}

function open(location: StateLocation): Promise<Store> {
  return openStore(location, { clock, owner: 'test', onFatal: assert.fail });
}

/** Every file of a state but its lock, with its bytes. */
function filesOf(location: StateLocation): Map<string, string> {
  const path = pathOf(location);
  if (location.kind === 'sqlite') return new Map([['', readFileSync(path, 'latin1')]]);
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter(
    (name) => !/^lock/.test(name),
  );
  const files = names.filter((name) => statSync(join(path, name)).isFile());
  return new Map(files.sort().map((name) => [name, readFileSync(join(path, name), 'latin1')]));
}

/** All that can be read. */
async function everything(store: Store) {
  const byName = <T extends { source?: string; name?: string }>(list: readonly T[]) =>
    list.toSorted((a, b) => ((a.source ?? a.name ?? '') < (b.source ?? b.name ?? '') ? -1 : 1));
  const sources = byName(await store.sources());
  const deliveries = await allDeliveries(store);
  return {
    identity: store.identity,
    sources,
    snapshots: await Promise.all(sources.map(({ source }) => snapshot(store, source))),
    notes: await store.notes(),
    webhooks: byName(await store.webhooks()),
    backlog: await backlog(store),
    deliveries,
    attempts: await Promise.all(deliveries.map(({ id }) => store.attempts(id))),
  };
}

/** Takes and delivers whatever is owed, tells in which order, and removes all but the newest events. */
async function deliverAll(store: Store): Promise<unknown[]> {
  const order: unknown[] = [];
  for (const name of ['hook', 'agent', 'constructor']) {
    for (;;) {
      const claim = await store.claim({ webhook: name, order: 'key', now: 9e15, limit: 3 });
      if (claim.deliveries.length === 0) break;
      order.push(claim);
      await store.settle(claim.deliveries.map(({ id }) => delivered(id)));
    }
  }
  await retainAll(store, { now: clock.now(), delivered: 9e15, dead: 9e15, maxEvents: 3 });
  return order;
}

for (const kind of KINDS) {
  const other = kind === 'json' ? 'sqlite' : 'json';
  test(`any state moved from ${kind} to ${other} and back is what it was, and goes on alike`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
        await using started = await createPlace((path, options) => openStore(at(kind, path), options));
        const run = new Run(started);
        for (const one of steps) await run.step(one);
        await started.store.close();
        const from = at(kind, started.path);
        const [there, back] = [place(other), place(kind)];
        const before = filesOf(from);
        const moved = await moveState(from, there);
        assert.deepEqual(filesOf(from), before, 'the original is not touched');
        assert.deepEqual(await moveState(there, back), moved);
        await using original = await open(from);
        const expected = await everything(original);
        const order = await deliverAll(original);
        const delivered = await everything(original);
        for (const location of [there, back]) {
          await using copy = await open(location);
          assert.deepEqual(await everything(copy), expected, location.kind);
          assert.deepEqual(await deliverAll(copy), order, location.kind);
          assert.deepEqual(await everything(copy), delivered, location.kind);
        }
      }),
      { numRuns: Number(process.env.POLLHOOK_CONFORMANCE_RUNS ?? 6) },
    );
  });
}

/** Some of everything: values as written, odd keys, all states, a claim that nobody settles, notes, a reset source. */
async function sample(kind: Kind): Promise<StateLocation> {
  const location = place(kind);
  const store = await open(location);
  const events = ['a', null, 'é\n\u0000', 'a'].map((key, index) => event('desk', index + 1, key));
  const upserts = [
    record('a', '{"n":12345678901234567890,"m":1.0}'),
    record('\ud800', '"\\ud800"'),
    record('a"b', '1e2'),
    record('a!', 'null'),
  ];
  await store.commit(
    commitOf({
      source: 'desk',
      difference: { replace: false, upserts, removes: [] },
      progress: { ...progress(5), absent: { 7: { polls: 1, window: { after: 1, by: 2 } } } },
      events,
      deliveries: owed(events, 'hook', 'other').toReversed(),
    }),
  );
  await store.settle((await claimed(store, clock.now(), 'none', 9, 'other')).map(delivered));
  const [first = ''] = await claimed(store, clock.now(), 'none', 1);
  await store.settle(
    [later(first, clock.now() + 77)],
    [webhook('hook', 3), { ...webhook('gone'), pausedUntil: 9 }],
  );
  await claimed(store, clock.now(), 'none', 1);
  store.note('only-noted', { ...note(9), error: 'x' });
  const toNobody = [event('reset', 1)];
  await store.commit(
    commitOf({ source: 'reset', difference: { replace: false, upserts, removes: [] }, events: toNobody }),
  );
  await store.reset('reset');
  await store.close();
  return location;
}

for (const [from, to] of KINDS.flatMap((a) => KINDS.map((b) => [a, b] as const))) {
  describe(`${from} to ${to}`, () => {
    test('a claim that nobody settled becomes one attempt with an unknown outcome', async () => {
      const [original, copy] = [await sample(from), place(to)];
      const moved = await moveState(original, copy);
      assert.deepEqual(moved, { sources: 3, records: 4, events: 5, deliveries: 8, attempts: 6, webhooks: 2 });
      for (const _ of ['first', 'second']) {
        await using store = await open(copy);
        const outcomes = await Promise.all(
          (await allDeliveries(store, { webhook: 'hook' })).map(async ({ id, attempts }) => {
            const made = (await store.attempts(id)) ?? [];
            assert.equal(made.length, attempts);
            return made.map(({ outcome }) => outcome);
          }),
        );
        assert.deepEqual(outcomes, [['failed'], ['unknown'], [], []]);
      }
      await using store = await open(original);
      await using copied = await open(copy);
      assert.deepEqual(await everything(copied), await everything(store));
    });

    test('a state as a killed process leaves it is copied, and left as it was', async () => {
      await using running = await createPlace((path, options) => openStore(at(from, path), options));
      const events = [event('desk', 1)];
      await running.store.commit(commitOf({ source: 'desk', events, deliveries: owed(events, 'hook') }));
      await claimed(running.store, clock.now());
      const killed = at(from, join(root, `killed-${from}-${to}`, basename(running.path)));
      const folder = dirname(running.path);
      cpSync(folder, dirname(pathOf(killed)), { recursive: true, filter: (path) => !/lock/.test(path) });
      const before = filesOf(killed);
      const copy = place(to);
      assert.equal((await moveState(killed, copy)).attempts, 1);
      assert.deepEqual(filesOf(killed), before);
      await using store = await open(copy);
      assert.deepEqual(
        (await store.attempts('evt_desk_1_hook'))?.map(({ outcome }) => outcome),
        ['unknown'],
      );
      assert.deepEqual(await claimed(store, clock.now()), ['evt_desk_1_hook']);
    });

    test('not while either is in use', async () => {
      const [original, copy] = [await sample(from), place(to)];
      {
        await using _running = await open(original);
        await assert.rejects(moveState(original, copy), { code: 'STATE_LOCKED', exitCode: 3 });
      }
      assert.equal(await readState(copy), null);
      await using _other = await open(copy);
      await assert.rejects(moveState(original, copy), { code: 'USAGE' });
    });
  });
}

test('there must be something to move', async () => {
  for (const kind of KINDS) {
    await assert.rejects(moveState(place(kind), place('json')), {
      code: 'STATE_UNAVAILABLE',
      message: /there is no state here/,
    });
  }
});
