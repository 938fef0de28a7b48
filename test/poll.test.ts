import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { SourceConfig } from '../src/config/document.ts';
import { loadConfig } from '../src/config/load.ts';
import { failure } from '../src/errors.ts';
import type { Fetched } from '../src/fetch/fetch.ts';
import { Received } from '../src/lib/http/received.ts';
import type { PollNote, Validators } from '../src/model.ts';
import { createPoller, type Poll, type Poller, type Seen } from '../src/poll.ts';
import type { Store } from '../src/store/contract.ts';
import { openStore } from '../src/store/open.ts';
import { FakeClock } from './fake-clock.ts';

/** A source whose answers are given, on a real state of either kind. */
class Desk implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly asked: (Validators | null)[] = [];
  readonly #folder: string;
  readonly store: Store;
  #source: SourceConfig;
  #answer: Fetched;
  #note: PollNote | null = null;
  #poller: Poller;

  private constructor(folder: string, store: Store) {
    this.#folder = folder;
    this.store = store;
    this.#source = Desk.#configured({});
    this.#answer = answered([]);
    this.#poller = this.#restart();
  }

  static async open(kind: 'json' | 'sqlite'): Promise<Desk> {
    const folder = await mkdtemp(join(tmpdir(), 'pollhook-poll-'));
    const place =
      kind === 'json'
        ? ({ kind, folder: join(folder, 'state') } as const)
        : ({ kind, file: join(folder, 's.db') } as const);
    const onFatal = (error: Error) => {
      throw error;
    };
    return new Desk(folder, await openStore(place, { clock: new FakeClock(), onFatal, owner: 'test' }));
  }

  static #configured(options: Partial<SourceConfig>): SourceConfig {
    const file = join(import.meta.dirname, '../config.example.yaml');
    const loaded = loadConfig(file, {});
    assert.ok(loaded.kind === 'ok');
    return { ...(loaded.config.sources.get('tickets') as SourceConfig), ignore: [], ...options };
  }

  #restart(): Poller {
    const fetcher = {
      fetch: async (_source: SourceConfig, validators: Validators | null) => {
        this.asked.push(validators);
        return this.#answer;
      },
    };
    this.#poller = createPoller(this.#source, { fetcher, store: this.store, clock: this.clock });
    return this.#poller;
  }

  /** What a restart or another configuration does: the poller remembers nothing. */
  forget(options: Partial<SourceConfig> = {}): void {
    this.#source = { ...this.#source, ...options };
    this.#restart();
  }

  async poll(answer: Fetched): Promise<Poll> {
    this.#answer = answer;
    await this.clock.advance(1000);
    const { poll, note } = await this.#poller.poll(this.#note, new AbortController().signal);
    this.#note = note;
    return poll;
  }

  async see(...tickets: object[]): Promise<Seen> {
    const poll = await this.poll(answered(tickets));
    assert.ok(poll.kind === 'seen', JSON.stringify(poll));
    return poll;
  }

  get note(): PollNote | null {
    return this.#note;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function answered(tickets: readonly object[], etag: string | null = null): Fetched {
  const body = Received.of(Buffer.from(JSON.stringify({ tickets })));
  const validators = etag === null ? null : { etag, lastModified: null, request: 'r', fetched: 1 };
  return {
    kind: 'body',
    status: 200,
    contentType: 'application/json',
    body,
    validators,
    notBefore: null,
    url: 'http://desk.test/',
    link: null,
  };
}

const unchanged = (validators: Validators | null): Fetched => ({
  kind: 'not_modified',
  status: 304,
  validators,
  notBefore: null,
  url: 'http://desk.test/',
  link: null,
});
const told = ({ events }: Seen) => events.map(({ sequence, change, key }) => `${sequence} ${change} ${key}`);

for (const kind of ['json', 'sqlite'] as const) {
  describe(`a poll, on ${kind}`, () => {
    test('commits what changed, and nothing else', async () => {
      await using desk = await Desk.open(kind);
      assert.equal((await desk.see({ id: 1, s: 'a' }, { id: 2, s: 'a' })).detected.basis, 'first');
      assert.deepEqual(told(await desk.see({ id: 2, s: 'b' }, { id: 1, s: 'a' }, { id: 3 })), [
        '1 created 3',
        '2 updated 2',
      ]);
      assert.deepEqual(told(await desk.see({ id: 2, s: 'b' }, { id: 1, s: 'a' }, { id: 3 })), []);
      assert.equal((await desk.store.source('tickets'))?.version, 2);
    });

    test('finds the same with a memory of the last answer and without', async () => {
      await using desk = await Desk.open(kind);
      const tickets = Array.from({ length: 50 }, (_, id) => ({ id: id + 1, s: 'a' }));
      await desk.see(...tickets);
      for (const restarted of [false, true]) {
        if (restarted) desk.forget();
        const s = `${restarted}`;
        const next = await desk.see(...tickets.map((one) => (one.id % 10 === 0 ? { ...one, s } : one)));
        assert.equal(next.events.length, 5);
      }
    });

    test('numbers its events on after a reset, which tells nothing by itself', async () => {
      await using desk = await Desk.open(kind);
      await desk.see({ id: 1, s: 'a' });
      const [first] = (await desk.see({ id: 1, s: 'b' })).events;
      await desk.store.reset('tickets');
      const after = await desk.see({ id: 1, s: 'c' });
      assert.deepEqual([after.detected.basis, told(after)], ['reset', []]);
      const [second] = (await desk.see({ id: 1, s: 'd' })).events;
      assert.deepEqual([first?.sequence, second?.sequence], [1, 2]);
      assert.notEqual(first?.id, second?.id);
    });

    test('makes a new baseline when what is compared changes', async () => {
      await using desk = await Desk.open(kind);
      await desk.see({ id: 1, s: 'a', t: 1 });
      desk.forget({ ignore: ['t'] });
      assert.deepEqual(told(await desk.see({ id: 1, s: 'b', t: 2 })), []);
      assert.deepEqual(told(await desk.see({ id: 1, s: 'b', t: 3 })), []);
      assert.deepEqual(told(await desk.see({ id: 1, s: 'c', t: 3 })), ['1 updated 1']);
    });

    test('asks with validators only for the snapshot that they belong to', async () => {
      await using desk = await Desk.open(kind);
      await desk.poll(answered([{ id: 1 }], '"1"'));
      await desk.poll(unchanged({ etag: '"1"', lastModified: null, request: 'r', fetched: 1 }));
      assert.equal(desk.asked[1]?.etag, '"1"');
      desk.forget();
      await desk.poll(answered([{ id: 1 }], '"2"'));
      assert.equal(desk.asked[2]?.etag, '"1"');
      // Nothing changed, so "2" was not stored: it is known to this process only.
      await desk.poll(answered([{ id: 1 }], '"2"'));
      assert.equal(desk.asked[3]?.etag, '"2"');
      desk.forget({ only: ['id'] });
      await desk.poll(answered([{ id: 1 }], '"2"'));
      assert.equal(desk.asked[4], null);
    });

    test('that fails leaves snapshot and sequence alone, and is noted', async () => {
      await using desk = await Desk.open(kind);
      await desk.see({ id: 1 });
      const trusted = desk.clock.now();
      const common = { status: 503, notBefore: trusted + 60_000, validators: null };
      const failed = { kind: 'failed', failure: failure('FETCH_LIMITED', 'asked for a pause') } as const;
      await desk.poll({ ...failed, ...common });
      await desk.poll({ ...failed, ...common });
      const left = {
        polled: trusted + 2000,
        failed: trusted + 2000,
        succeeded: trusted,
        notBefore: trusted + 60_000,
      };
      assert.deepEqual(desk.note, { ...left, failures: 2, error: 'asked for a pause' });
      assert.equal((await desk.store.source('tickets'))?.version, 1);
      const { events } = await desk.see({ id: 1, s: 'new' });
      assert.equal(JSON.parse(events[0]?.body ?? '').data.window.after, new Date(trusted).toISOString());
    });

    test('in doubt is no success, and obeys what the answer asks', async () => {
      await using desk = await Desk.open(kind);
      await desk.see({ id: 1 });
      const trusted = desk.clock.now();
      await desk.poll({ ...answered([]), notBefore: trusted + 60_000 } as Fetched);
      assert.deepEqual(desk.note, {
        polled: trusted + 1000,
        succeeded: trusted,
        failures: 0,
        notBefore: trusted + 60_000,
        shown: trusted + 1000,
        error: 'the list is empty, and had 1',
      });
    });

    test('that a fault of pollhook ends is failed, with its back-off, and the next one goes on', async () => {
      await using desk = await Desk.open(kind);
      await desk.see({ id: 1, s: 'a' });
      const broken: Fetched = {
        ...answered([]),
        get body(): Received {
          throw new TypeError('nobody thought of it');
        },
      } as Fetched;
      const poll = await desk.poll(broken);
      assert.ok(poll.kind === 'failed');
      assert.equal(poll.failure.code, 'POLL_FAULT');
      assert.match(
        poll.failure.message,
        /^internal error of pollhook: nobody thought of it at .*poll\.test\.ts/,
      );
      assert.equal(desk.note?.failures, 1);
      assert.deepEqual(told(await desk.see({ id: 1, s: 'b' })), ['1 updated 1']);
    });

    test('whose answer cannot be believed is suspect, not failed: nothing of it is taken', async () => {
      await using desk = await Desk.open(kind);
      await desk.see({ id: 1 });
      const trusted = desk.clock.now();
      await desk.poll({
        ...answered([]),
        body: Received.of(Buffer.from('{"tickets":[{"id":1},{"id":1}]}')),
      } as Fetched);
      const left = { polled: trusted + 1000, succeeded: trusted, failures: 0, notBefore: 0 };
      assert.deepEqual(desk.note, { ...left, error: 'records 1 and 2 of 2 have the same id: "1"' });
      assert.equal((await desk.store.source('tickets'))?.version, 1);
    });

    test('during which somebody else commits counts for nothing', async () => {
      await using desk = await Desk.open(kind);
      await desk.see({ id: 1, s: 'a' });
      const { version = 0, ...progress } = (await desk.store.source('tickets')) ?? {};
      const real = desk.store.source;
      desk.store.source = async (name) => {
        const state = await real(name);
        const note = desk.note as PollNote;
        const commit = {
          difference: { replace: false, upserts: [], removes: [] },
          events: [],
          deliveries: [],
          note,
        };
        await desk.store.commit({
          source: 'tickets',
          expected: version,
          progress: progress as never,
          ...commit,
        });
        return state;
      };
      desk.forget();
      const poll = await desk.poll(answered([{ id: 1, s: 'b' }]));
      assert.ok(poll.kind === 'failed');
      assert.equal(poll.failure.code, 'STATE_CONFLICT');
      desk.store.source = real;
      assert.deepEqual(told(await desk.see({ id: 1, s: 'b' })), ['1 updated 1']);
    });
  });
}
