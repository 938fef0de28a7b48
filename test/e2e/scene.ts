import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { Webhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { type App, startApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createLog } from '../../src/lib/log.ts';
import { Redactor } from '../../src/lib/redact.ts';
import type { Reloaded } from '../../src/server/api/schemas.ts';
import { FakeClock, until } from '../fake-clock.ts';

export const SECRET = `whsec_${Buffer.from('an end to end test secret').toString('base64')}`;

/** A webhook as it arrived. */
export interface Received {
  readonly path: string;
  readonly headers: NodeJS.Dict<string>;
  readonly body: string;
  readonly event: { type: string; timestamp: string; data: { [name: string]: unknown } };
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A legacy system, a receiver and a folder, with the daemon between them on a fake clock. */
export class Scene implements AsyncDisposable {
  readonly clock = new FakeClock(Date.now());
  readonly received: Received[] = [];
  readonly requests: IncomingMessage[] = [];
  readonly folder: string;
  readonly log: { level: string; msg: string; [name: string]: unknown }[] = [];
  /** What the legacy system answers: a value is sent as JSON. */
  source: unknown = { tickets: [] };
  /** What the receiver answers, by default 204; a number is a status. */
  answer: number | Answer = 204;
  #app: App | null = null;
  readonly #servers = new AsyncDisposableStack();
  readonly #urls: { source: string; receiver: string };

  private constructor(folder: string, urls: { source: string; receiver: string }) {
    this.folder = folder;
    this.#urls = urls;
  }

  static async open(): Promise<Scene> {
    const folder = await mkdtemp(join(tmpdir(), 'pollhook-e2e-'));
    const urls = { source: '', receiver: '' };
    const scene = new Scene(folder, urls);
    urls.source = await scene.#serve((request, response) => scene.#poll(request, response));
    urls.receiver = await scene.#serve((request, response) => scene.#receive(request, response));
    return scene;
  }

  get urls(): { readonly source: string; readonly receiver: string } {
    return this.#urls;
  }

  /** Starts the daemon on a configuration; `SOURCE` and `RECEIVER` stand for the addresses of the two servers. */
  async start(yaml: string): Promise<App> {
    const file = join(this.folder, 'config.yaml');
    await writeFile(file, yaml);
    const env = this.#env();
    const loaded = loadConfig(file, env);
    assert.ok(loaded.kind === 'ok', JSON.stringify(loaded));
    const redactor = new Redactor([SECRET]);
    const destination = new Writable({
      write: (chunk, _encoding, done) => {
        this.log.push(JSON.parse(String(chunk)));
        done();
      },
    });
    const { logger: log, configure: configureLog } = createLog({
      level: 'debug',
      format: 'json',
      redactor,
      destination,
    });
    const { config } = loaded;
    // Tests say themselves when a file is to be read again.
    const reloading = { files: [], stamp: '', read: () => loadConfig(file, this.#env()), configureLog };
    this.#app = await startApp({
      ...{ config, log, redactor, reloading, clock: this.clock, random: () => 0 },
    });
    return this.#app;
  }

  /** Changes the configuration and has it read again. */
  async reload(yaml: string): Promise<Reloaded> {
    await writeFile(join(this.folder, 'config.yaml'), yaml);
    assert.ok(this.#app?.reload);
    return this.#app.reload();
  }

  #env() {
    return {
      SOURCE: this.#urls.source,
      RECEIVER: this.#urls.receiver,
      SECRET,
      POLLHOOK_LISTEN: '127.0.0.1:0',
    };
  }

  /** Asks the daemon's server. */
  async ask(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`http://${this.#app?.address}${path}`, init);
  }

  async stop(): Promise<void> {
    const stopping = this.#app?.stop();
    this.#app = null;
    await stopping;
  }

  /**
   * Lets so much time pass, then waits until the next poll has come to its end.
   *
   * @param step time that may pass meanwhile, again and again: for retries within the poll
   */
  async nextPoll(ms: number, step = 0): Promise<void> {
    const before = this.#polls();
    await this.clock.advance(ms);
    let turns = 0;
    await until(async () => {
      turns += 1;
      if (step > 0 && turns % 20 === 0) await this.clock.advance(step);
      return this.#polls() > before;
    }, 'the next poll');
  }

  /** Waits until the receiver has got so many webhooks in all, and gives them. */
  async deliveries(count: number): Promise<readonly Received[]> {
    await until(() => this.received.length >= count, `${count} webhooks (got ${this.received.length})`);
    return this.received;
  }

  lines(part: string | RegExp): string[] {
    return this.log
      .map((line) => line.msg)
      .filter((msg) => (typeof part === 'string' ? msg.includes(part) : part.test(msg)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#servers.disposeAsync();
    await rm(this.folder, { recursive: true, force: true });
  }

  #polls(): number {
    return this.log.filter(
      (line) => line.source !== undefined && line.webhook === undefined && line.alert === undefined,
    ).length;
  }

  async #serve(handle: Answer): Promise<string> {
    const server = createServer(handle);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.#servers.defer(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  #poll(request: IncomingMessage, response: ServerResponse): void {
    this.requests.push(request);
    if (typeof this.source === 'function') this.source(request, response);
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(this.source));
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks = await request.toArray().catch(() => null);
    // The daemon was stopped while it was sending.
    if (!chunks) return;
    const body = Buffer.concat(chunks).toString();
    const headers = request.headers as NodeJS.Dict<string>;
    this.received.push({ path: request.url ?? '', headers, body, event: JSON.parse(body) });
    if (typeof this.answer === 'function') this.answer(request, response);
    else response.writeHead(this.answer).end();
  }
}

/** Verifies a signature with two libraries that others wrote. They check the time against the real clock. */
export function assertGenuine({ headers, body }: Received, secret = SECRET): void {
  const all = headers as { [name: string]: string };
  assert.doesNotThrow(() => new Webhook(secret).verify(body, all));
  assert.doesNotThrow(() => new SvixWebhook(secret).verify(body, all));
}
