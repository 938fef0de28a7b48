import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { retryAfter } from '../../src/lib/retry-after.ts';

const DAY = 86_400_000;
const NOW = Date.parse('2026-11-21T09:30:00.000Z');

const cases: [name: string, value: string | null, date: string | null, expected: number | null][] = [
  ['seconds', '120', null, NOW + 120_000],
  ['none', '0', null, NOW],
  ['decimals', '2.0', null, NOW + 2000],
  ['a fraction is rounded up', '0.0001', null, NOW + 1],
  ['blanks around it', ' 5 ', null, NOW + 5000],
  ['more than a day', '86401', null, NOW + DAY],
  ['endless digits', '9'.repeat(400), null, NOW + DAY],
  ['a date', 'Sat, 21 Nov 2026 09:31:00 GMT', null, NOW + 60_000],
  ['a date in the past', 'Sat, 21 Nov 2026 09:00:00 GMT', null, NOW],
  ['a date in another year', 'Sun, 21 Nov 2027 09:00:00 GMT', null, NOW + DAY],
  [
    'a date of a server whose clock is an hour ahead',
    'Sat, 21 Nov 2026 10:31:00 GMT',
    'Sat, 21 Nov 2026 10:30:00 GMT',
    NOW + 60_000,
  ],
  [
    'a date of a server whose clock is years behind',
    'Thu, 01 Jan 1970 00:00:30 GMT',
    'Thu, 01 Jan 1970 00:00:00 GMT',
    NOW + 30_000,
  ],
  ['a date beside a Date that is none', 'Sat, 21 Nov 2026 09:31:00 GMT', 'yesterday', NOW + 60_000],
  ['missing', null, null, null],
  ['empty', '', null, null],
  ['a negative number', '-1', null, null],
  ['hexadecimal', '0x10', null, null],
  ['an exponent', '1e3', null, null],
  ['words', 'soon', null, null],
  ['a duration', 'PT5S', null, null],
  ['two values', '5, 10', null, null],
];

for (const [name, value, date, expected] of cases) {
  test(`Retry-After: ${name}`, () => assert.equal(retryAfter(value, date, NOW), expected));
}

test('Retry-After: rubbish never throws, is never in the past and never beyond a day', () => {
  fc.assert(
    fc.property(fc.option(fc.string()), fc.option(fc.string()), (value, date) => {
      const time = retryAfter(value, date, NOW);
      return time === null || (time >= NOW && time <= NOW + DAY);
    }),
  );
});
