import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TIMED_OUT, withinTime } from '../../src/lib/time-limit.ts';

describe('work within a time', () => {
  test('gives what it gives', () => {
    assert.equal(
      withinTime(1000, () => 7),
      7,
    );
  });

  test('throws what it throws', () => {
    assert.throws(() => withinTime(1000, () => JSON.parse('{')), SyntaxError);
  });

  test('is stopped, even inside a regular expression that takes for ever, and even if it catches everything', () => {
    const endless = () => {
      try {
        return /^(?:a+)+$/.test(`${'a'.repeat(60)}!`);
      } catch {
        return 'caught';
      }
    };
    assert.equal(withinTime(50, endless), TIMED_OUT);
    assert.equal(
      withinTime(1000, () => 'and the next one is done'),
      'and the next one is done',
    );
  });
});
