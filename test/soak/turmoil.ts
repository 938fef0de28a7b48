import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Reloaded, WebhookView } from '../../src/server/api/schemas.ts';
import { type Chance, chanceOf } from '../crash/chance.ts';
import { configuration, SOURCES, spoiled, WEBHOOKS } from './configurations.ts';

const POLLHOOK = join(import.meta.dirname, '../../bin/pollhook.js');
const INSIDE = new URL('inside.js', import.meta.url).href;

/** What the process held at a moment. */
export interface Sample {
  /** Seconds since it was started. */
  readonly at: number;
  /** Bytes that are left after a collection, and those outside of the heap. */
  readonly heap: number;
  readonly external: number;
  readonly rss: number;
  /** Null where the system does not tell. */
  readonly files: number | null;
  /** Sockets, timers and the like that the process waits for. */
  readonly resources: number;
}

/** What came of it; everything that should hold was found to hold. */
export interface Turmoil {
  readonly seed: number;
  readonly applied: number;
  readonly refused: number;
  readonly polls: number;
  readonly events: number;
  readonly deliveries: number;
  readonly samples: readonly Sample[];
}

interface Options {
  readonly seed: number;
  /** Asked before each reload. */
  readonly goesOn: (reloads: number) => boolean;
  /** Longest pause between two reloads, milliseconds. */
  readonly pause: number;
  /** Reloads between two samples. */
  readonly sampleEvery: number;
  readonly tell?: (sample: Sample, reloads: number) => void;
}

/**
 * A real process that polls systems which change all the time, while its configuration is changed again and again, by
 * right edits and by wrong ones. Rejects if an event was lost, doubled or sent out of order, if a reload did not do what it
 * should, or if the process said anything on standard error: Node tells there of listeners that pile up.
 */
export async function turmoil({ seed, goesOn, pause, sampleEvery, tell }: Options): Promise<Turmoil> {
  await using stack = new AsyncDisposableStack();
  const chance = chanceOf(seed);
  const world = createWorld(chance);
  const source = await serve(world.source, stack);
  const receiver = await serve(world.receiver, stack);
  const folder = await mkdtemp(join(tmpdir(), 'pollhook-turmoil-'));
  stack.defer(() => rm(folder, { recursive: true }));
  const file = join(folder, 'config.yaml');
  const urls = { source, receiver };
  await writeFile(file, configuration(null, urls));

  const daemon = await start(file, stack);
  const began = performance.now();
  const samples: Sample[] = [];
  const count = { applied: 0, refused: 0 };
  const sample = async (reloads: number) => {
    const taken = await daemon.sample((performance.now() - began) / 1000);
    samples.push(taken);
    tell?.(taken, reloads);
  };

  async function reload(text: string, applies: boolean): Promise<void> {
    // Half of them as editors do, the other half in place.
    if (chance.draw() < 0.5) await writeFile(file, text);
    else {
      await writeFile(`${file}~`, text);
      await rename(`${file}~`, file);
    }
    const told = (await daemon.ask('/api/v1/reload', 'POST')) as Reloaded;
    assert.equal(told.applied, applies, `seed ${seed}: ${JSON.stringify(told)}\n${text}`);
    count[applies ? 'applied' : 'refused'] += 1;
  }

  for (let reloads = 0; goesOn(reloads); reloads += 1) {
    if (reloads % sampleEvery === 0) await sample(reloads);
    const text = configuration(chance, urls);
    if (chance.draw() < 0.3) await reload(spoiled(text, chance), false);
    else await reload(text, true);
    await sleep(chance.below(pause));
  }
  await reload(configuration(null, urls), true);
  world.freeze();
  await world.polledAll();
  await drained(daemon);
  await sample(count.applied + count.refused);
  const metrics = await daemon.text('/metrics');
  await daemon.stop();
  const delivered = (webhook: string) =>
    sumOf(metrics, `pollhook_deliveries_total{webhook="${webhook}",outcome="delivered"}`);
  const deliveries = world.verify(delivered, seed);
  return {
    ...{ seed, ...count, deliveries, samples },
    polls: sumOf(metrics, 'pollhook_polls_total{'),
    events: sumOf(metrics, 'pollhook_events_total{'),
  };
}

/** Systems whose records change at every other poll, and receivers that are slow and refuse now and then. */
function createWorld(chance: Chance) {
  const tables = new Map<string, number[]>(SOURCES.map((name) => [name, [0, 0, 0]]));
  const polled = new Map<string, number>(SOURCES.map((name) => [name, 0]));
  const accepted: {
    webhook: string;
    id: string;
    source: string;
    sequence: number;
    key: string;
    n: number;
  }[] = [];
  let frozen = false;

  const source: RequestListener = (request, response) => {
    const name = request.url?.slice(1) ?? '';
    const table = tables.get(name) ?? [];
    const polls = polled.get(name) ?? 0;
    // The first one is the baseline.
    if (!frozen && polls > 0 && chance.draw() < 0.5) {
      const index = chance.below(table.length);
      table[index] = (table[index] ?? 0) + 1;
    }
    polled.set(name, polls + 1);
    const body = JSON.stringify(table.map((n, id) => ({ id, n })));
    setTimeout(() => response.end(body), chance.below(20));
  };

  const receiver: RequestListener = async (request, response) => {
    const { data } = JSON.parse(Buffer.concat(await request.toArray()).toString());
    await sleep(chance.below(30));
    if (chance.draw() < 0.05) return response.writeHead(503).end();
    const { source: from, sequence, key, current } = data;
    const id = String(request.headers['webhook-id']);
    const webhook = request.url?.slice(1) ?? '';
    accepted.push({ webhook, id, source: from, sequence, key, n: current.n });
    return response.writeHead(204).end();
  };

  return {
    source,
    receiver,
    freeze() {
      frozen = true;
    },
    /** Two polls of each: the first may have been under way. */
    async polledAll() {
      const before = new Map(polled);
      await eventually(() => SOURCES.every((name) => (polled.get(name) ?? 0) >= (before.get(name) ?? 0) + 3));
    },
    /** The number of deliveries. `always` got everything, the others what they were owed. */
    verify(delivered: (webhook: string) => number, seed: number): number {
      for (const webhook of WEBHOOKS) {
        const got = accepted.filter((one) => one.webhook === webhook);
        const ids = new Set(got.map(({ id }) => id));
        assert.equal(ids.size, got.length, `seed ${seed}: ${webhook} got events twice`);
        assert.equal(got.length, delivered(webhook), `seed ${seed}: what ${webhook} got was recorded`);
      }
      for (const [name, table] of tables) {
        const got = accepted.filter((one) => one.webhook === 'always' && one.source === name);
        const sequences = got.map(({ sequence }) => sequence).sort((a, b) => a - b);
        const all = sequences.map((_, index) => index + 1);
        assert.deepEqual(sequences, all, `seed ${seed}: the events of ${name}`);
        for (const [id, n] of table.entries()) {
          const seen = got.filter(({ key }) => key === String(id)).map((one) => one.n);
          assert.deepEqual(
            seen,
            seen.toSorted((a, b) => a - b),
            `seed ${seed}: the order of ${name}/${id}`,
          );
          assert.equal(seen.at(-1) ?? 0, n, `seed ${seed}: the last event of ${name}/${id}`);
        }
      }
      return accepted.length;
    },
  };
}

async function start(file: string, stack: AsyncDisposableStack) {
  const flags = ['--expose-gc', '--import', INSIDE];
  const child = spawn(process.execPath, [...flags, POLLHOOK, 'run', '-c', file], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  let [out, err] = ['', ''];
  child.stdout?.on('data', (chunk) => {
    out = (out + chunk).slice(-100_000);
  });
  child.stderr?.on('data', (chunk) => {
    err += chunk;
  });
  stack.defer(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await eventually(() => out.includes('"msg":"started"') || child.exitCode !== null);
  const [, address] = /"address":"([^"]+)"/.exec(out) ?? [];
  assert.ok(address, out + err);
  const base = `http://${address}`;

  async function text(path: string, method = 'GET'): Promise<string> {
    const answer = await fetch(base + path, { method });
    assert.ok(answer.ok, `${path}: ${answer.status}`);
    return answer.text();
  }
  return {
    text,
    ask: async (path: string, method?: string): Promise<unknown> => JSON.parse(await text(path, method)),
    async sample(at: number): Promise<Sample> {
      const told = once(child, 'message', { signal: AbortSignal.timeout(60_000) });
      child.send('what is held?');
      const [held] = (await told) as [Omit<Sample, 'at' | 'files'>];
      const files = await readdir(`/proc/${child.pid}/fd`).catch(() => null);
      return { ...held, at, files: files?.length ?? null };
    },
    async stop() {
      child.kill('SIGTERM');
      assert.equal(await ended, 0, out.slice(-2000));
      assert.equal(err, '');
    },
  };
}

/** Until nothing is owed any more. */
async function drained({ ask }: { ask(path: string): Promise<unknown> }): Promise<void> {
  await eventually(async () => {
    const { items } = (await ask('/api/v1/webhooks')) as { items: WebhookView[] };
    return items.every(({ pending, dead }) => pending + dead === 0);
  });
}

async function serve(listener: RequestListener, stack: AsyncDisposableStack): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stack.defer(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Time passes for real here: another process does the work. */
async function eventually(holds: () => boolean | Promise<boolean>, limit = 60_000): Promise<void> {
  const began = performance.now();
  while (!(await holds())) {
    if (performance.now() - began > limit) throw new Error(`not within ${limit} ms: ${holds}`);
    await sleep(20);
  }
}

/** The sum of all samples of a metric that begin so. */
function sumOf(metrics: string, beginning: string): number {
  const lines = metrics.split('\n').filter((line) => line.startsWith(beginning));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
