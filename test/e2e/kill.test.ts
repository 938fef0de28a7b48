import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { type Chance, chanceOf, seedFrom } from '../crash/chance.ts';
import type { Daemon } from '../crash/daemon.ts';
import { type Kind, locationIn } from '../crash/places.ts';
import { openScene } from '../crash/scene.ts';

/** Of a hundred lives end before the daemon says that it has started. */
const EARLY = 20;
/** Longest times in milliseconds until the kill: since the launch for those, and since the start for the others. */
const LIVES = { early: 350, late: 400 };

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
  readonly kind: Kind;
}

/** Says what it went through. */
async function survive({ kills, seed, kind }: Ordeal): Promise<string> {
  await using scene = await openScene((folder) => locationIn(folder, kind), seed);
  const chance = chanceOf(seed);
  await scene.begin();
  for (let kill = 1; kill <= kills; kill += 1) await killSoon(scene.launch(), chance);
  const { events, attempts } = await scene.conclude();
  assert.ok(events.length > kills, `too few events to prove anything: ${events.length}`);
  assert.ok(attempts > 2 * events.length, 'no attempt was repeated');
  const { answers } = scene.legacy;
  const stored = answers.filter(({ acknowledged }) => acknowledged).length;
  return `${kills} kills, ${answers.length} polls, ${stored} of them surely stored, ${events.length} events, ${attempts} attempts`;
}

const seed = seedFrom('POLLHOOK_KILL_SEED');

describe(`the process, killed at random instants (POLLHOOK_KILL_SEED=${seed})`, {
  concurrency: 2,
}, () => {
  test('50 times on JSON files: no event is lost, none false, all in order', async (context) => {
    context.diagnostic(await survive({ kills: 50, seed, kind: 'json' }));
  });

  test('25 times on SQLite: no event is lost, none false, all in order', async (context) => {
    context.diagnostic(await survive({ kills: 25, seed: seed + 3, kind: 'sqlite' }));
  });
});
