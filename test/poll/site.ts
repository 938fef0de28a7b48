import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent } from 'undici';
import { loadConfig } from '../../src/config/load.ts';
import { isSuspect } from '../../src/errors.ts';
import { createFetcher } from '../../src/fetch/fetch.ts';
import type { PollNote } from '../../src/model.ts';
import { createPoller, type Failed, type Poll, type Poller, type Seen } from '../../src/poll.ts';
import type { Store } from '../../src/store/contract.ts';
import { openStore } from '../../src/store/open.ts';
import { FakeClock } from '../fake-clock.ts';

/** What a polled system answers: a value is sent as JSON, a function answers by itself. */
export type Answer = (query: URLSearchParams, request: IncomingMessage, response: ServerResponse) => unknown;

/** A polled system on a port, and the real poll of it on a real state, on a fake clock. */
export class Site implements AsyncDisposable {
  readonly clock = new FakeClock();
  /** Path and query of every request since the last {@link asked}. */
  readonly requests: string[] = [];
  answer: Answer = () => [];
  readonly store: Store;
  note: PollNote | null = null;
  readonly #resources: AsyncDisposableStack;
  readonly #agent: Agent;
  readonly #folder: string;
  readonly url: string;
  #poller: Poller | null = null;

  private constructor(
    resources: AsyncDisposableStack,
    agent: Agent,
    folder: string,
    store: Store,
    url: string,
  ) {
    this.#resources = resources;
    this.#agent = agent;
    this.#folder = folder;
    this.store = store;
    this.url = url;
  }

  /** @param options lines of the source's configuration; `URL` stands for the address of the server */
  static async open(options: string, answer?: Answer): Promise<Site> {
    const resources = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), 'pollhook-site-'));
    resources.defer(() => rm(folder, { recursive: true, force: true }));
    const onFatal = (error: Error) => {
      throw error;
    };
    const place = { kind: 'json', folder: join(folder, 'state') } as const;
    const store = resources.use(await openStore(place, { clock: new FakeClock(), onFatal, owner: 'test' }));
    const agent = new Agent({ allowH2: false });
    resources.defer(() => agent.destroy());
    const server = createServer((request, response) => site.#serve(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    resources.defer(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const site: Site = new Site(resources, agent, folder, store, url);
    if (answer) site.answer = answer;
    await site.configure(options);
    return site;
  }

  /** What a restart with this configuration does: the poller remembers nothing. */
  async configure(options: string): Promise<void> {
    const lines = options.trim().replaceAll('URL', this.url).split('\n');
    const yaml = `sources:\n  s:\n${lines.map((line) => `    ${line}\n`).join('')}`;
    const file = join(this.#folder, 'config.yaml');
    await writeFile(file, `${yaml}webhooks: { w: { url: "https://x.test/", sign: none } }\n`);
    const loaded = loadConfig(file, {});
    assert.ok(loaded.kind === 'ok', JSON.stringify(loaded));
    const source = loaded.config.sources.get('s');
    assert.ok(source);
    const { clock, store } = this;
    const fetcher = createFetcher({ http: this.#agent, clock, random: () => 0, version: '0' });
    this.#poller = createPoller(source, { fetcher, store, clock });
  }

  async poll(after = 60_000): Promise<Poll> {
    await this.clock.advance(after);
    assert.ok(this.#poller);
    const { poll, note } = await this.#poller.poll(this.note, new AbortController().signal);
    this.note = note;
    return poll;
  }

  async see(after?: number): Promise<Seen> {
    const poll = await this.poll(after);
    assert.ok(poll.kind === 'seen', JSON.stringify(poll));
    return poll;
  }

  async fail(after?: number): Promise<Failed & { readonly suspect: boolean }> {
    const before = await this.store.source('s');
    const poll = await this.poll(after);
    assert.ok(poll.kind === 'failed', JSON.stringify(poll));
    assert.equal((await this.store.source('s'))?.version, before?.version);
    return { ...poll, suspect: isSuspect(poll.failure) };
  }

  /** The requests since it was last called. */
  asked(): string[] {
    return this.requests.splice(0);
  }

  /** Keys of the stored snapshot. */
  async keys(): Promise<string[]> {
    const batches = await Array.fromAsync(this.store.digests('s'));
    return batches
      .flat()
      .map(([key]) => key)
      .sort((a, b) => Number(a) - Number(b));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests.push(request.url ?? '');
    const query = new URL(request.url ?? '', this.url).searchParams;
    const value = await this.answer(query, request, response);
    if (value === undefined || response.writableEnded) return;
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  }
}

/** What was told: `created 7`. */
export function told({ events }: Seen): string[] {
  return events.map(({ change, key }) => `${change} ${key}`);
}

export const rows = (count: number, from = 1) =>
  Array.from({ length: count }, (_, at) => ({ id: from + at, v: 1 }));
