import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRetryAfter } from '../../src/deliver/retry-after.ts';
import { HOURS, MINUTES, SECONDS } from './fixtures.ts';

const NOW = Date.parse('2026-11-21T09:30:00Z');

const cases: [name: string, value: string | null, expected: number | null, date?: string][] = [
  ['seconds', '120', 2 * MINUTES],
  ['decimals', '2.0', 2 * SECONDS],
  ['a fraction', '1.5', 1500],
  ['blanks around', ' 7 ', 7 * SECONDS],
  ['zero is a second', '0', SECONDS],
  ['capped at 24 hours', '172800', 24 * HOURS],
  ['absurd digits', '9'.repeat(400), 24 * HOURS],
  ['an HTTP date', 'Sat, 21 Nov 2026 09:32:00 GMT', 2 * MINUTES],
  ['an HTTP date of the old form', 'Saturday, 21-Nov-26 09:32:00 GMT', 2 * MINUTES],
  ['an asctime date', 'Sat Nov 21 09:32:00 2026', 2 * MINUTES],
  ['a date in the past', 'Fri, 20 Nov 2026 09:32:00 GMT', SECONDS],
  ['a date far ahead', 'Tue, 01 Jan 2030 00:00:00 GMT', 24 * HOURS],
  [
    'a date, by the clock of the server',
    'Sat, 21 Nov 2020 10:00:30 GMT',
    30 * SECONDS,
    'Sat, 21 Nov 2020 10:00:00 GMT',
  ],
  ['a date beside a Date that is none', 'Sat, 21 Nov 2026 09:32:00 GMT', 2 * MINUTES, 'now'],
  ['absent', null, null],
  ['empty', '', null],
  ['negative', '-5', null],
  ['hexadecimal', '0x10', null],
  ['an exponent', '1e3', null],
  ['words', 'soon', null],
  ['words with a digit, which Date.parse would take', 'wait 5', null],
  ['a day that is none', 'Sat, 99 Nov 2026 09:32:00 GMT', null],
  ['two values', '5, 10', null],
  ['a unit', '5s', null],
];

for (const [name, value, expected, date] of cases) {
  test(name, () => assert.equal(parseRetryAfter(value, date ?? null, NOW), expected));
}
