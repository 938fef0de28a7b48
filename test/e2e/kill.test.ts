import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { type Chance, chanceOf, seedFrom } from '../crash/chance.ts';
import { type Daemon, launch } from '../crash/daemon.ts';
import { deliveryFaults, toldIn } from '../crash/deliveries.ts';
import { type Legacy, legacySystem } from '../crash/legacy.ts';
import { type Receiver, receiver } from '../crash/receiver.ts';
import { untruths } from '../crash/truth.ts';
import { until } from '../fake-clock.ts';

const SECRET = `whsec_${Buffer.from('the secret of a killed process').toString('base64')}`;
/** Of a hundred lives end before the daemon says that it has started. */
const EARLY = 20;
/** Longest times in milliseconds until the kill: since the launch for those, and since the start for the others. */
const LIVES = { early: 350, late: 400 };
/** Longest pause between two changes at the source, in milliseconds. */
const PAUSE = 60;
const WEBHOOKS = ['agent', 'audit'] as const;

const CONFIG = `
state: \${STATE}
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

interface Scene {
  readonly legacy: Legacy;
  readonly receiver: Receiver;
  /** Starts the daemon, always on the same state. */
  launch(): Daemon;
}

async function open(
  state: (folder: string) => string,
  chance: Chance,
  stack: AsyncDisposableStack,
): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), 'pollhook-kill-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const [legacy, sink] = [stack.use(await legacySystem(chance)), stack.use(await receiver(chance))];
  const config = join(folder, 'config.yaml');
  await writeFile(config, CONFIG);
  const env = {
    STATE: state(folder),
    SOURCE: legacy.url,
    RECEIVER: sink.url,
    SECRET,
    // Types are stripped once, not at each of the starts.
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
  };
  return {
    legacy,
    receiver: sink,
    launch() {
      const daemon = launch(config, { env });
      stack.defer(() => daemon.send('SIGKILL'));
      return daemon;
    },
  };
}

/** Changes records at random times until told to stop. */
function unrest(legacy: Legacy, chance: Chance): () => Promise<void> {
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

/** Ends a daemon in order. */
async function finish(daemon: Daemon): Promise<void> {
  daemon.send('SIGTERM');
  const { code } = await daemon.ended;
  assert.equal(code, 0, daemon.err);
}

async function killSoon(daemon: Daemon, chance: Chance): Promise<void> {
  if (chance.below(100) < EARLY) {
    await wait(chance.below(LIVES.early));
  } else {
    await daemon.says('started');
    await wait(chance.below(LIVES.late));
  }
  daemon.send('SIGKILL');
  const { signal, code } = await daemon.ended;
  assert.equal(signal, 'SIGKILL', `it ended by itself with ${code}: ${daemon.out}${daemon.err}`);
}

interface Ordeal {
  readonly kills: number;
  readonly seed: number;
  state(folder: string): string;
}

/** Says what it went through. */
async function survive({ kills, seed, state }: Ordeal): Promise<string> {
  await using stack = new AsyncDisposableStack();
  const chance = chanceOf(seed);
  const { legacy, receiver: sink, launch: start } = await open(state, chance, stack);

  const first = start();
  assert.ok(await first.says('first snapshot'), first.err);
  const baseline = new Map(legacy.records);
  await finish(first);

  const settle = unrest(legacy, chanceOf(seed + 1));
  for (let kill = 1; kill <= kills; kill += 1) await killSoon(start(), chance);
  await settle();
  sink.recover();
  const last = start();
  const truth = { ...legacy, baseline };
  const ofWebhook = (name: string) => sink.arrivals.filter(({ webhook }) => webhook === name);
  const told = (name: string) => untruths(toldIn(ofWebhook(name).filter(({ accepted }) => accepted)), truth);
  await until(
    async () => (await wait(20, true)) && WEBHOOKS.every((name) => told(name).length === 0),
    'the last events',
    8000,
  ).catch(() => undefined);
  await finish(last);

  for (const name of WEBHOOKS) {
    assert.deepEqual(told(name), [], `${name} ${last.out.slice(-4000)}`);
    assert.deepEqual(deliveryFaults(ofWebhook(name), SECRET), [], name);
  }
  assert.equal(sink.strayed, 0, 'a redirect was followed');
  const [events, attempts] = [toldIn(ofWebhook('agent')).length, sink.arrivals.length];
  assert.ok(events > kills, `too few events to prove anything: ${events}`);
  assert.ok(attempts > 2 * events, 'no attempt was repeated');
  const stored = legacy.answers.filter(({ acknowledged }) => acknowledged).length;
  return `${kills} kills, ${legacy.answers.length} polls, ${stored} of them surely stored, ${events} events for ${WEBHOOKS.length} webhooks, ${attempts} attempts`;
}

const seed = seedFrom('POLLHOOK_KILL_SEED');

describe(`the process, killed at random instants (POLLHOOK_KILL_SEED=${seed})`, {
  concurrency: 2,
  timeout: 120_000,
}, () => {
  test('50 times on JSON files: no event is lost, none false, all in order', async (context) => {
    const state = (folder: string) => join(folder, 'state');
    context.diagnostic(await survive({ kills: 50, seed, state }));
  });

  test('25 times on SQLite: no event is lost, none false, all in order', async (context) => {
    const state = (folder: string) => `sqlite:${join(folder, 'state.db')}`;
    context.diagnostic(await survive({ kills: 25, seed: seed + 2, state }));
  });
});
