import assert from 'node:assert/strict';
import { test } from 'node:test';
import { table, until, when } from '../../src/cli/table.ts';

const NOW = Date.parse('2026-11-21T09:30:00Z');
const at = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();

for (const [seconds, past, future] of [
  [-0.4, '0s ago', 'now'],
  [-3, '3s ago', 'now'],
  [0.3, '0s ago', 'now'],
  [0.6, 'in 1s', 'in 1s'],
  [119, 'in 119s', 'in 119s'],
  [-120, '2m ago', 'now'],
  [7200, 'in 2h', 'in 2h'],
  [-172_800, '2d ago', 'now'],
] as const) {
  test(`${seconds} s from now is "${past}" of what was, "${future}" of what will be`, () => {
    assert.equal(when(at(seconds), NOW), past);
    assert.equal(until(at(seconds), NOW), future);
  });
}

test('no time is a dash', () => assert.deepEqual([when(null, NOW), until(null, NOW)], ['-', '-']));

test('columns are as wide as they must be, and the terminal cuts the last one', () => {
  const rows = [
    ['a', 'one\u001b[2J'],
    ['long', 'a text that has no end'],
  ];
  assert.equal(table(['N', 'WHY'], rows), 'N     WHY\na     one\\u{1b}[2J\nlong  a text that has no end\n');
  assert.equal(table(['N', 'WHY'], rows, 12), 'N     WHY\na     one\\u…\nlong  a tex…\n');
});
