import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { overlay } from '../../src/cli/overlay.ts';
import type { SourceConfig } from '../../src/config/document.ts';
import type { Fetched, Fetcher } from '../../src/fetch/fetch.ts';
import { Received } from '../../src/lib/http/received.ts';
import type { PollNote } from '../../src/model.ts';
import { createPoller, type Seen } from '../../src/poll.ts';
import { loaded, source } from '../config/files.ts';
import { FakeClock } from '../fake-clock.ts';

interface Row {
  readonly id: number;
  v: number;
}

/** What happens on the server between two requests; numbers choose a place. */
type Step =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'insert' | 'remove' | 'update' | 'raise'; readonly place: number };

/** Which values a record had when, in steps of the server's own time; null: it was not there. */
type History = Map<number, { readonly at: number; readonly v: number | null }[]>;

/** A list that changes while it is read, and everything that it ever was. */
class Server {
  readonly rows: Row[] = [];
  readonly history: History = new Map();
  time = 0;
  #next = 1;
  #steps: readonly Step[] = [];

  constructor(count: number) {
    for (let at = 0; at < count; at += 1) this.apply({ kind: 'insert', place: at });
  }

  plan(steps: readonly Step[]): void {
    this.#steps = [...steps];
  }

  /** The steps that are planned happen one by one, one before each request. */
  request(): void {
    const [step, ...rest] = this.#steps;
    this.#steps = rest;
    if (step) this.apply(step);
  }

  apply(step: Step): void {
    this.time += 1;
    const { rows } = this;
    if (step.kind === 'nothing') return;
    const place = step.place % Math.max(1, rows.length + (step.kind === 'insert' ? 1 : 0));
    if (step.kind === 'insert') {
      const row = { id: this.#next++, v: 1 };
      rows.splice(place, 0, row);
      this.#record(row.id, 1);
      return;
    }
    const row = rows[place];
    if (!row) return;
    if (step.kind === 'remove') rows.splice(place, 1);
    else row.v += 1;
    if (step.kind === 'raise') rows.unshift(...rows.splice(place, 1));
    this.#record(row.id, step.kind === 'remove' ? null : row.v);
  }

  #record(id: number, v: number | null): void {
    this.history.set(id, [...(this.history.get(id) ?? []), { at: this.time, v }]);
  }

  /** Everything that a record was between two times; null for not there. */
  during(id: number, from: number, to: number): (number | null)[] {
    const all = [{ at: -1, v: null }, ...(this.history.get(id) ?? [])];
    return all
      .filter(({ at }, index) => at <= to && (all[index + 1]?.at ?? Infinity) > from)
      .map(({ v }) => v);
  }
}

const KINDS = {
  page: 'paginate: { type: page }',
  'page with its number': 'paginate: { type: page, pages: pages }',
  offset: 'paginate: { type: offset }',
  'offset with its total': 'paginate: { type: offset, total: total }',
  next: 'paginate: { type: next, path: next }',
} as const;
type Kind = keyof typeof KINDS;

/** Gives pages of three records, in the way that `kind` asks for. */
function serving(server: Server, kind: Kind): Fetcher {
  return {
    async fetch(request: SourceConfig): Promise<Fetched> {
      server.request();
      const url = new URL(request.url);
      const query = (name: string) => Number(request.query[name] ?? url.searchParams.get(name) ?? Number.NaN);
      const { rows } = server;
      const at = kind.startsWith('offset') ? query('offset') : ((query('page') || 1) - 1) * 3;
      const next = at + 3 < rows.length ? `?page=${at / 3 + 2}` : null;
      const body = {
        items: rows.slice(at, at + 3),
        pages: Math.ceil(rows.length / 3),
        total: rows.length,
        next,
      };
      return {
        kind: 'body',
        status: 200,
        contentType: 'application/json',
        body: Received.of(Buffer.from(JSON.stringify(body))),
        validators: null,
        notBefore: null,
        url: url.href,
        link: null,
      };
    },
  };
}

/** Polls a server, and holds everything that is told against what was. */
class Witness {
  readonly server: Server;
  readonly #poll: () => Promise<Seen | null>;
  readonly known = new Map<number, number>();
  /** Of the last poll: those that vanished together are held for the operator, as they should be. */
  #held: readonly string[] = [];
  /** When the first baseline was begun; what was there before must never be told as new. */
  #baseline: number | null = null;

  constructor(server: Server, kind: Kind, confirm: number) {
    this.server = server;
    const yaml = source(
      'url: http://list.test/items',
      'items: items',
      'key: id',
      KINDS[kind],
      `deletes: { confirm: ${confirm}, guard: { ratio: 100% }, allow_empty: true }`,
    );
    const clock = new FakeClock();
    const config = loaded(yaml).config.sources.get('s') as SourceConfig;
    const poller = createPoller(config, { fetcher: serving(server, kind), store: overlay(null), clock });
    let note: PollNote | null = null;
    this.#poll = async () => {
      const done = await poller.poll(note, new AbortController().signal);
      note = done.note;
      return done.poll.kind === 'seen' ? done.poll : null;
    };
  }

  async poll(steps: readonly Step[]): Promise<void> {
    const { server, known } = this;
    server.plan(steps);
    const began = server.time;
    const seen = await this.#poll();
    if (!seen) return;
    this.#held = seen.detected.doubt ? Object.keys(seen.detected.absent) : [];
    const during = (key: string | null) => server.during(Number(key), began, server.time);
    if (seen.detected.basis === 'first') {
      for (const { key, text } of seen.detected.upserts) known.set(Number(key), JSON.parse(text).v);
      const always = [...server.history.keys()].filter((id) => !during(String(id)).includes(null));
      for (const id of always) assert.ok(known.has(id), `${id} is not in the baseline`);
      this.#baseline = began;
    }
    for (const { key, change, body } of seen.events) {
      const { current } = JSON.parse(body).data;
      const was = during(key);
      const id = Number(key);
      if (change === 'deleted') {
        assert.ok(was.includes(null), `${key} was told as deleted, and was there all the time`);
        known.delete(id);
        continue;
      }
      assert.ok(was.includes(current.v), `${key} was told as ${current.v}, which it never was in this poll`);
      assert.equal(known.has(id), change === 'updated', `${key} was told as ${change}`);
      const [first] = server.history.get(id) ?? [];
      if (change === 'created')
        assert.ok((first?.at ?? 0) > (this.#baseline ?? 0), `${key} was there before the baseline`);
      known.set(id, current.v);
    }
  }

  /** What is known once nothing changes any more. */
  async settled(): Promise<void> {
    for (let poll = 0; poll < 4; poll += 1) await this.poll([]);
    for (const key of this.#held) this.known.delete(Number(key));
    const truth = this.server.rows.map(({ id, v }) => [id, v] as const);
    assert.deepEqual(
      new Map([...this.known].sort(([a], [b]) => a - b)),
      new Map(truth.toSorted(([a], [b]) => a - b)),
    );
  }
}

/**
 * The same histories every time, unless more are asked for: records that move to and fro in step with the readings can
 * deceive three readings in a row, which some tens of thousands of random histories did not.
 */
const { POLLHOOK_RUNS: more } = process.env;
const RUNS = more === undefined ? { numRuns: 60, seed: 1 } : { numRuns: Number(more) };

const place = fc.nat({ max: 30 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ kind: 'nothing' } as const) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('insert', 'remove', 'update', 'raise'), place }),
  },
);
const polls = fc.array(fc.array(step, { maxLength: 16 }), { minLength: 1, maxLength: 6 });

for (const kind of Object.keys(KINDS) as Kind[]) {
  test(`a list that changes while its pages are read (${kind}): nothing false is told, nothing is lost`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 11 }), fc.constantFrom(1, 2), polls, async (count, confirm, all) => {
        const witness = new Witness(new Server(count), kind, confirm);
        for (const steps of all) await witness.poll(steps);
        await witness.settled();
      }),
      RUNS,
    );
  });
}
