import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chanceOf } from '../crash/chance.ts';
import { judge } from './judge.ts';
import type { Sample } from './turmoil.ts';

/** Half an hour of a process that warms up, and whose values come and go. */
function run(noise: () => number, grows: (part: number) => Partial<Record<keyof Sample, number>>): Sample[] {
  return Array.from({ length: 900 }, (_, at) => {
    const part = at / 900;
    const warm = 1 - Math.exp(-part * 20);
    const more = grows(part);
    return {
      at: at * 2,
      heap: 33e6 + warm * 9e6 + noise() * 4e6 + (more.heap ?? 0),
      external: 9e6 + noise() * 5e6 + (more.external ?? 0),
      rss: 150e6 + warm * 70e6 + noise() * 10e6 + (more.rss ?? 0),
      files: 38 + noise() * 8 + (more.files ?? 0),
      resources: 20 + noise() * 18 + (more.resources ?? 0),
    };
  });
}

const grown = (samples: readonly Sample[]) =>
  judge(samples)
    .filter((one) => one.grew)
    .map(({ what }) => what);

test('what warms up and comes and goes is no leak', () => {
  for (let seed = 1; seed < 50; seed += 1) assert.deepEqual(grown(run(chanceOf(seed).draw, () => ({}))), []);
});

/** Over the whole run: 200 bytes a poll, 2 kB a reload, one in a hundred reloads. */
const LEAKS = { heap: 8e6, external: 8e6, rss: 60e6, files: 15, resources: 15 };

for (const [what, much] of Object.entries(LEAKS)) {
  test(`${what} that grow slowly are found`, () => {
    assert.deepEqual(grown(run(chanceOf(1).draw, (part) => ({ [what]: much * part }))), [what]);
  });
}

test('too few samples are no verdict', () => {
  assert.throws(() => judge([]), /0 samples/);
});
