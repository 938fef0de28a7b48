import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stateAtStart, type Turn, turnOf } from '../../src/deliver/turn.ts';
import { state, webhook } from './fixtures.ts';

const NOW = 1_000_000;
const FREE = { room: Number.POSITIVE_INFINITY, opens: 0 };
const held = { since: 1, reason: 'answered 410' };

const cases: [name: string, turn: Turn, expected: Turn][] = [
  ['free', turnOf(webhook(), state(), 0, FREE, NOW), { act: 'claim', limit: 4, probe: false }],
  ['partly busy', turnOf(webhook(), state(), 3, FREE, NOW), { act: 'claim', limit: 1, probe: false }],
  ['busy', turnOf(webhook(), state(), 4, FREE, NOW), { act: 'wait', until: null }],
  ['disabled', turnOf(webhook({ enabled: false }), state(), 0, FREE, NOW), { act: 'wait', until: null }],
  [
    'the rate leaves less than the concurrency',
    turnOf(webhook(), state(), 0, { room: 2, opens: 0 }, NOW),
    { act: 'claim', limit: 2, probe: false },
  ],
  [
    'the rate is used up',
    turnOf(webhook(), state(), 0, { room: 0, opens: NOW + 7 }, NOW),
    { act: 'wait', until: NOW + 7 },
  ],
  ['held', turnOf(webhook(), state({ held }), 0, FREE, NOW), { act: 'wait', until: null }],
  [
    'paused',
    turnOf(webhook(), state({ pausedUntil: NOW + 5 }), 0, FREE, NOW),
    { act: 'wait', until: NOW + 5 },
  ],
  [
    'pause over',
    turnOf(webhook(), state({ pausedUntil: NOW }), 0, FREE, NOW),
    { act: 'claim', limit: 4, probe: false },
  ],
  [
    'probe to come',
    turnOf(webhook(), state({ probe: { at: NOW + 5, failed: 0 } }), 0, FREE, NOW),
    { act: 'wait', until: NOW + 5 },
  ],
  [
    'probe due',
    turnOf(webhook(), state({ probe: { at: NOW, failed: 0 } }), 0, FREE, NOW),
    { act: 'claim', limit: 1, probe: true },
  ],
  [
    'probe due while attempts from before are under way',
    turnOf(webhook(), state({ probe: { at: NOW, failed: 0 } }), 2, FREE, NOW),
    { act: 'wait', until: null },
  ],
  [
    'a pause of more than a day: the clock was set back',
    turnOf(webhook(), state({ pausedUntil: NOW + 86_400_001 }), 0, FREE, NOW),
    { act: 'claim', limit: 4, probe: false },
  ],
  [
    'a probe further ahead than any: the clock was set back',
    turnOf(webhook(), state({ probe: { at: NOW + 86_400_000, failed: 0 } }), 0, FREE, NOW),
    { act: 'claim', limit: 1, probe: true },
  ],
  [
    'probe due within a pause',
    turnOf(webhook(), state({ probe: { at: NOW, failed: 0 }, pausedUntil: NOW + 9 }), 0, FREE, NOW),
    { act: 'wait', until: NOW + 9 },
  ],
];
for (const [name, turn, expected] of cases) test(name, () => assert.deepEqual(turn, expected));

test('a new webhook starts fresh', () => {
  assert.deepEqual(stateAtStart(webhook(), undefined, NOW), state());
});

test('pauses and failures survive a restart', () => {
  const stored = state({ failures: 4, pausedUntil: NOW + 5 });
  assert.equal(stateAtStart(webhook(), stored, NOW), stored);
});

test('a failing webhook is probed at once after a restart, and goes on from there', () => {
  const stored = state({ failures: 7, probe: { at: NOW + 9, failed: 2 } });
  assert.deepEqual(stateAtStart(webhook(), stored, NOW), { ...stored, probe: { at: NOW, failed: 2 } });
});

test('a held webhook is tried once more after a restart', () => {
  assert.deepEqual(stateAtStart(webhook(), state({ held, failures: 2 }), NOW), {
    ...state({ failures: 2 }),
    probe: { at: NOW, failed: 0 },
  });
});

test('a webhook with a new url starts fresh', () => {
  const stored = state({ target: 'of the old url', held, failures: 9, pausedUntil: NOW * 2 });
  assert.deepEqual(stateAtStart(webhook(), stored, NOW), state());
});
