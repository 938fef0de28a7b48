import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { Model } from '../store/conformance/model.ts';
import { type Chance, chanceOf, seedFrom } from './chance.ts';
import { inquest } from './inquest.ts';
import { KIND_NAMES, KINDS, type Kind, placeIn, type Scratch } from './places.ts';
import { writeScript } from './script.ts';
import { prepareDesk, startVictim } from './victims.ts';

const KILLS = 100;
/** Kills that one state has to survive in a row, before the next one begins. */
const IN_A_ROW = 10;
const ROUNDS = 150;
/** Most calls that are acknowledged before the kill comes, but for one in ten: so that slow disks see as much as fast ones. */
const CALLS = 80;
/** Longest time until the kill, in milliseconds: since the launch for one in ten, since the last of those calls for the others. */
const LIVES = { early: 150, late: 50 };
const seed = seedFrom('POLLHOOK_CRASH_SEED');

async function killInARow(kind: Kind, desk: Scratch, name: string, chance: Chance): Promise<number> {
  const folder = join(desk.path, name);
  mkdirSync(folder);
  const location = placeIn(folder, kind);
  let model = new Model();
  let now = 0;
  let calls = 0;
  for (let kill = 1; kill <= IN_A_ROW; kill += 1) {
    const rounds = writeScript(model, chance, ROUNDS, now);
    const victim = startVictim({ location, rounds, desk: desk.path });
    if (chance.below(10) === 0) {
      await wait(chance.below(LIVES.early));
    } else {
      // One line for the opening.
      await victim.heard(1 + chance.below(CALLS));
      await wait(chance.below(LIVES.late));
    }
    victim.kill();
    const testimony = await victim.ended;
    model = await inquest(location, model, rounds, testimony);
    now = rounds.at(-1)?.now ?? now;
    calls += testimony.said.filter((one) => 'round' in one).length;
  }
  return calls;
}

describe('killed at random instants', { concurrency: 2 }, () => {
  for (const [index, kind] of KINDS.entries()) {
    test(KIND_NAMES[kind], async (context) => {
      using desk = await prepareDesk();
      const chance = chanceOf(seed + index);
      let calls = 0;
      for (let state = 1; state <= KILLS / IN_A_ROW; state += 1) {
        calls += await killInARow(kind, desk, String(state), chance);
      }
      assert.ok(calls > 10 * KILLS, `too few calls to prove anything: ${calls}`);
      context.diagnostic(`${KILLS} kills, ${calls} acknowledged calls, seed ${seed}`);
    });
  }
});
