import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Model } from '../store/conformance/model.ts';
import { chanceOf, seedFrom } from './chance.ts';
import type { Death } from './deadly-disk.ts';
import { inquest } from './inquest.ts';
import { withoutTracing } from './machine.ts';
import { type Kind, placeIn, type Scratch } from './places.ts';
import { writeScript } from './script.ts';
import { prepareDesk, startVictim, type VictimOptions } from './victims.ts';

const ROUNDS = 24;
const seed = seedFrom('POLLHOOK_CRASH_SEED');
const rounds = writeScript(new Model(), chanceOf(seed), ROUNDS, 1000);

type Way = Pick<VictimOptions, 'death' | 'under'>;

/** Runs the script on a new state and looks at what is left. False if nothing killed it. */
async function dies(kind: Kind, desk: Scratch, way: Way): Promise<boolean> {
  const folder = join(desk.path, 'tried');
  mkdirSync(folder);
  const location = placeIn(folder, kind);
  const testimony = await startVictim({ location, rounds, desk: desk.path, ...way }).ended;
  await inquest(location, new Model(), rounds, testimony);
  rmSync(folder, { recursive: true });
  const closed = testimony.said.some((one) => 'closed' in one);
  assert.ok(closed || testimony.signal === 'SIGKILL', JSON.stringify(testimony.said.at(-1)));
  return testimony.signal === 'SIGKILL';
}

/** Kills at step 1, 2, 3 … until there are no more; gives their number. */
async function killAtEach(kind: Kind, wayAt: (step: number) => Way): Promise<number> {
  using desk = await prepareDesk();
  assert.equal(await dies(kind, desk, {}), false);
  let step = 1;
  while (await dies(kind, desk, wayAt(step))) step += 1;
  return step - 1;
}

describe('killed at every step of opening, committing, claiming, settling, retaining and closing', {
  concurrency: 2,
}, () => {
  for (const when of ['before', 'within', 'after'] as const satisfies readonly Death['when'][]) {
    const where = {
      before: 'before each operation',
      within: 'in the middle of each write',
      after: 'after each operation',
    };
    test(`JSON files, ${where[when]} on disk`, async (context) => {
      const kills = await killAtEach('json', (at) => ({ death: { at, when } }));
      assert.ok(kills > ROUNDS);
      context.diagnostic(`${kills} kills, seed ${seed}`);
    });
  }

  for (const call of ['fsync,fdatasync', 'ftruncate', 'rename', 'unlink', 'pwrite64']) {
    test(`SQLite, at each ${call.replace(',', ' or ')}`, { skip: withoutTracing() }, async (context) => {
      // Writes are many, and count for nothing until they are synced.
      const stride = call === 'pwrite64' ? 7 : 1;
      const under = (step: number) => [
        ...['strace', '-f', '-qq', '-o', '/dev/null', '-e', `trace=${call}`],
        ...['-e', `inject=${call}:signal=SIGKILL:when=${step * stride}`],
      ];
      const kills = await killAtEach('sqlite', (step) => ({ under: under(step) }));
      assert.ok(kills > 0);
      context.diagnostic(`${kills} kills, seed ${seed}`);
    });
  }
});
