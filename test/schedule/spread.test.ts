import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { spread } from '../../src/schedule/spread.ts';

const NOW = 1_000_000;

const cases: [name: string, dues: (number | null)[], expected: number[]][] = [
  ['nothing', [], []],
  ['sources without state start 10 a second, in their order', [null, null, null], [0, 100, 200]],
  ['sources with state start when they are due', [5000, 60_000], [5000, 60_000]],
  ['overdue ones 10 a second, the longest overdue first', [-10, -5000, 0], [100, 0, 200]],
  ['each kind by itself', [null, -1, 7000, null, -2], [0, 100, 7000, 100, 0]],
];

for (const [name, dues, expected] of cases) {
  test(`spread: ${name}`, () => {
    const starts = spread(
      dues.map((due) => (due === null ? null : NOW + due)),
      NOW,
    );
    assert.deepEqual(
      starts.map((start) => start - NOW),
      expected,
    );
  });
}

test('spread: ten thousand overdue sources all start within a minute, evenly', () => {
  const starts = spread(
    Array.from({ length: 10_000 }, (_, index) => NOW - index),
    NOW,
  );
  assert.equal(Math.min(...starts), NOW);
  assert.ok(Math.max(...starts) < NOW + 60_000);
  const seconds = Map.groupBy(starts, (start) => Math.floor((start - NOW) / 1000));
  for (const [, inOne] of seconds) assert.ok(inOne.length <= 168);
});

test('spread: nobody starts in the past or before it is due, and no more than 10 new ones in a second', () => {
  const dues = fc.array(fc.option(fc.integer({ min: NOW - 100_000, max: NOW + 100_000 })), {
    maxLength: 100,
  });
  fc.assert(
    fc.property(dues, (all) => {
      const starts = spread(all, NOW);
      assert.equal(starts.length, all.length);
      for (const [index, start] of starts.entries()) assert.ok(start >= Math.max(NOW, all[index] ?? NOW));
      const fresh = starts.filter((_, index) => all[index] === null).sort((a, b) => a - b);
      for (const [index, start] of fresh.entries()) {
        const tenLater = fresh[index + 10];
        assert.ok(tenLater === undefined || tenLater - start >= 1000);
      }
    }),
  );
});
