import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { Model } from '../store/conformance/model.ts';
import { type Chance, chanceOf, seedFrom } from './chance.ts';
import { inquest } from './inquest.ts';
import { createVolume, withoutVolumes } from './machine.ts';
import { KIND_NAMES, KINDS, type Kind, placeIn, type Scratch } from './places.ts';
import { type Round, writeScript } from './script.ts';
import { prepareDesk, startVictim, type Victim } from './victims.ts';

/** For each kind of state and each way to mount. */
const CUTS = Number(process.env.POLLHOOK_POWER_CUTS ?? 32);
/** Cuts that one state has to survive in a row, before the next one begins. */
const IN_A_ROW = 8;
/** When the power is cut: while the state is opened, amid calls, or when the last call of a few is acknowledged. */
const MOMENTS = ['opening', 'amid', 'amid', 'amid', 'at rest', 'at rest', 'at rest', 'at rest'] as const;
/** More rounds than there is time for, and a few. */
const ROUNDS = { many: 300, few: 24 };
/** Most calls that are acknowledged before a cut amid them: so that slow disks see as much as fast ones. */
const CALLS = 60;
/** Longest times until the cut, in milliseconds: since the launch, and since the last of those calls. */
const LIVES = { opening: 250, amid: 50 };
/** A process that has nothing more to write does not notice. */
const PATIENCE = 400;
const seed = seedFrom('POLLHOOK_CRASH_SEED');

const when: Readonly<
  Record<
    (typeof MOMENTS)[number],
    (victim: Victim, rounds: readonly Round[], chance: Chance) => Promise<void>
  >
> = {
  opening: (_, __, chance) => wait(chance.below(LIVES.opening)),
  async amid(victim, _, chance) {
    // One line for the opening.
    await victim.heard(1 + chance.below(CALLS));
    await wait(chance.below(LIVES.amid));
  },
  // One line for the opening, and one for each call.
  'at rest': (victim, rounds) => victim.heard(1 + rounds.flatMap(({ operations }) => operations).length),
};

/** Gives the number of calls that were acknowledged. */
async function cutInARow(kind: Kind, options: string, desk: Scratch, chance: Chance): Promise<number> {
  using volume = createVolume(options);
  const location = placeIn(volume.path, kind);
  let model = new Model();
  let now = 0;
  let calls = 0;
  for (let turn = 1; turn <= IN_A_ROW; turn += 1) {
    const moment = chance.pick(MOMENTS);
    const length = moment === 'at rest' ? 1 + chance.below(ROUNDS.few) : ROUNDS.many;
    const rounds = writeScript(model, chance, length, now);
    const victim = startVictim({ location, rounds, desk: desk.path, stays: true });
    await when[moment](victim, rounds, chance);
    const cut = volume.cutPower();
    await Promise.race([victim.ended, wait(PATIENCE)]);
    victim.kill();
    const testimony = await victim.ended;
    volume.restart();
    // The error that a process is told of may come to nothing: it lost its disk.
    model = await inquest(location, model, rounds, { ...testimony, err: '' }, cut);
    now = rounds.at(-1)?.now ?? now;
    calls += testimony.said.filter((one) => 'round' in one).length;
  }
  return calls;
}

describe('the power is cut', { concurrency: 2, skip: withoutVolumes() }, () => {
  for (const [index, kind] of KINDS.entries()) {
    for (const options of ['', 'noauto_da_alloc']) {
      test(`${KIND_NAMES[kind]} on ext4, ${options || 'default options'}`, async (context) => {
        using desk = await prepareDesk();
        const chance = chanceOf(seed + index);
        let calls = 0;
        for (let cut = 0; cut < CUTS; cut += IN_A_ROW) calls += await cutInARow(kind, options, desk, chance);
        assert.ok(calls > 5 * CUTS, `too few calls to prove anything: ${calls}`);
        context.diagnostic(`${CUTS} power cuts, ${calls} acknowledged calls, seed ${seed}`);
      });
    }
  }
});
