import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { until } from '../fake-clock.ts';
import { chanceOf } from './chance.ts';
import { type Daemon, launch } from './daemon.ts';
import { deliveryFaults, type Told, toldIn } from './deliveries.ts';
import { type Legacy, legacySystem } from './legacy.ts';
import { type Receiver, receiver } from './receiver.ts';
import { untruths } from './truth.ts';

const SECRET = `whsec_${Buffer.from('the secret of a killed process').toString('base64')}`;
/** How much later than it was sent a request is noticed by the receiver beside what holds up this process, in milliseconds. */
const LAG = 500;
/** Longest pause between two changes at the source, in milliseconds. */
const PAUSE = 60;
const WEBHOOKS = ['agent', 'audit'] as const;

/** Without the state, of which errors have to tell: what comes from a variable is never shown. */
const CONFIG = `
server: { listen: false }
sources:
  desk:
    url: \${SOURCE}/records
    every: 100ms
    items: records
    key: id
    backoff: { first: 100ms, max: 100ms }
    send_to: [agent, audit]
defaults:
  webhook:
    secret: \${SECRET}
    timeout: 250ms
    concurrency: 8
    retry: { schedule: { attempts: 100, first: 20ms, factor: 1.3, max: 200ms } }
    probe: { first: 30ms, max: 100ms }
webhooks:
  agent: { url: "\${RECEIVER}/agent" }
  audit: { url: "\${RECEIVER}/audit" }
`;

/** A changing legacy system, a receiver that fails now and then, and the daemon between them, which may be made to end. */
export interface Scene extends AsyncDisposable {
  /** Holds nothing that the daemon needs. */
  readonly folder: string;
  readonly legacy: Legacy;
  readonly receiver: Receiver;
  /** Starts the daemon, always on the same state. */
  launch(): Daemon;
  /** Takes the first snapshot and ends in order; then the source begins to change. */
  begin(): Promise<void>;
  /** No more changes or failures, and a last daemon that ends in order. All must have been told then, and nothing else. */
  conclude(): Promise<{ readonly events: readonly Told[]; readonly attempts: number }>;
}

/** @param state gives the location of the state, for a folder in which there is none yet */
export async function openScene(state: (folder: string) => string, seed: number): Promise<Scene> {
  const stack = new AsyncDisposableStack();
  const delay = monitorEventLoopDelay();
  delay.enable();
  stack.defer(() => void delay.disable());
  const folder = await mkdtemp(join(tmpdir(), 'pollhook-scene-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const legacy = stack.use(await legacySystem(chanceOf(seed)));
  const sink = stack.use(await receiver(chanceOf(seed + 1), SECRET));
  const config = join(folder, 'config.yaml');
  await writeFile(config, `state: ${JSON.stringify(state(folder))}${CONFIG}`);
  const env = {
    SOURCE: legacy.url,
    RECEIVER: sink.url,
    SECRET,
    // Types are stripped once, not at each of the starts.
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
  };
  let baseline: ReadonlyMap<string, number> = new Map();
  let calm = async () => {};
  stack.defer(() => calm());

  const start = () => {
    const daemon = launch(config, env);
    stack.defer(() => daemon.send('SIGKILL'));
    return daemon;
  };
  const arrivalsOf = (name: string) => sink.arrivals.filter(({ webhook }) => webhook === name);
  const eventsOf = (name: string) => toldIn(arrivalsOf(name).filter(({ accepted }) => accepted));
  const wrongOf = (name: string) => untruths(eventsOf(name), { ...legacy, baseline });

  return {
    folder,
    legacy,
    receiver: sink,
    launch: start,

    async begin() {
      const first = start();
      assert.ok(await first.says('first snapshot'), first.err);
      baseline = new Map(legacy.records);
      await finish(first);
      calm = unrest(legacy, seed + 2);
    },

    async conclude() {
      await calm();
      sink.recover();
      const last = start();
      const isTold = async () =>
        (await wait(20, true)) && WEBHOOKS.every((name) => wrongOf(name).length === 0);
      // What is missing then is said below.
      await until(isTold, 'the last events').catch(() => undefined);
      await finish(last);
      const lag = LAG + delay.max / 1e6;
      for (const name of WEBHOOKS) {
        assert.deepEqual(wrongOf(name), [], `${name}: ${last.out.slice(-3000)}`);
        assert.deepEqual(deliveryFaults(arrivalsOf(name), lag), [], name);
      }
      assert.equal(sink.strayed, 0, 'a redirect was followed');
      return { events: eventsOf('agent'), attempts: sink.arrivals.length };
    },

    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Ends a daemon in order. */
export async function finish(daemon: Daemon): Promise<void> {
  daemon.send('SIGTERM');
  const { code } = await daemon.ended;
  assert.equal(code, 0, daemon.err);
}

/** Changes records at random times until told to stop. */
function unrest(legacy: Legacy, seed: number): () => Promise<void> {
  const chance = chanceOf(seed);
  const stopping = new AbortController();
  const done = (async () => {
    while (!stopping.signal.aborted) {
      await wait(chance.below(PAUSE));
      legacy.change();
    }
  })();
  return () => {
    stopping.abort();
    return done;
  };
}
