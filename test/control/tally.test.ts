import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Tally } from '../../src/control/tally.ts';

const HOUR = 3_600_000;
/** In the middle of an hour. */
const NOON = Date.parse('2026-11-21T12:30:00Z');

function tallyOf(...counted: readonly (readonly [hoursAgo: number, count: number])[]): Tally {
  const tally = new Tally(HOUR, 24);
  for (const [ago, count] of counted) tally.add(NOON - ago * HOUR, count);
  return tally;
}

describe('a tally of 24 hours', () => {
  for (const [what, tally, expected] of [
    ['of nothing', tallyOf(), []],
    ['of zeros', tallyOf([3, 0]), []],
    ['of this hour alone', tallyOf([0, 2], [0, 3]), [5]],
    ['with quiet hours between and after', tallyOf([4, 2], [2, 3]), [2, 0, 3, 0, 0]],
    ['forgets what is older', tallyOf([24, 9], [23, 1]), [1, ...Array(23).fill(0)]],
    ['is of the past only', tallyOf([-2, 7]), []],
    ['counts on when the clock is set back', tallyOf([1, 1], [5, 1]), [2, 0]],
  ] as const) {
    test(what, () => assert.deepEqual(tally.until(NOON), expected));
  }

  test('keeps no more than its spans, however long it counts', () => {
    const tally = new Tally(HOUR, 24);
    for (let hour = 0; hour < 1000; hour += 1) tally.add(NOON + hour * HOUR, 1);
    assert.deepEqual(tally.until(NOON + 999 * HOUR), Array(24).fill(1));
  });
});
