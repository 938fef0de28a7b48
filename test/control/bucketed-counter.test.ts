import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BucketedCounter } from '../../src/control/bucketed-counter.ts';

const HOUR = 3_600_000;
/** In the middle of an hour. */
const NOON = Date.parse('2026-11-21T12:30:00Z');

function counterOf(...counted: readonly (readonly [hoursAgo: number, count: number])[]): BucketedCounter {
  const counter = new BucketedCounter(HOUR, 24);
  for (const [ago, count] of counted) counter.add(NOON - ago * HOUR, count);
  return counter;
}

describe('a counter of 24 hours', () => {
  for (const [what, counter, expected] of [
    ['of nothing', counterOf(), []],
    ['of zeros', counterOf([3, 0]), []],
    ['of this hour alone', counterOf([0, 2], [0, 3]), [5]],
    ['with quiet hours between and after', counterOf([4, 2], [2, 3]), [2, 0, 3, 0, 0]],
    ['forgets what is older', counterOf([24, 9], [23, 1]), [1, ...Array(23).fill(0)]],
    ['is of the past only', counterOf([-2, 7]), []],
    ['counts on when the clock is set back', counterOf([1, 1], [5, 1]), [2, 0]],
  ] as const) {
    test(what, () => assert.deepEqual(counter.until(NOON), expected));
  }

  test('keeps no more than its spans, however long it counts', () => {
    const counter = new BucketedCounter(HOUR, 24);
    for (let hour = 0; hour < 1000; hour += 1) counter.add(NOON + hour * HOUR, 1);
    assert.deepEqual(counter.until(NOON + 999 * HOUR), Array(24).fill(1));
  });
});
