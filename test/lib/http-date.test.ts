import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseHttpDate } from '../../src/lib/http-date.ts';

const cases: [name: string, text: string, expected: string | null][] = [
  ['IMF-fixdate', 'Sun, 06 Nov 1994 08:49:37 GMT', '1994-11-06T08:49:37.000Z'],
  ['RFC 850', 'Sunday, 06-Nov-94 08:49:37 GMT', '1994-11-06T08:49:37.000Z'],
  ['RFC 850 after 2000', 'Saturday, 21-Nov-26 08:49:37 GMT', '2026-11-21T08:49:37.000Z'],
  ['asctime', 'Sun Nov  6 08:49:37 1994', '1994-11-06T08:49:37.000Z'],
  ['a leap day', 'Thu, 29 Feb 2024 00:00:00 GMT', '2024-02-29T00:00:00.000Z'],
  ['a leap second', 'Sat, 31 Dec 2016 23:59:60 GMT', '2017-01-01T00:00:00.000Z'],
  ['31 February', 'Sat, 31 Feb 2026 00:00:00 GMT', null],
  ['day 0', 'Sat, 00 Feb 2026 00:00:00 GMT', null],
  ['hour 24', 'Sat, 21 Nov 2026 24:00:00 GMT', null],
  ['minute 60', 'Sat, 21 Nov 2026 23:60:00 GMT', null],
  ['an unknown month', 'Sat, 21 Nob 2026 23:00:00 GMT', null],
  ['another zone', 'Sat, 21 Nov 2026 23:00:00 CET', null],
  ['an offset', 'Sat, 21 Nov 2026 23:00:00 +0000', null],
  ['ISO 8601', '2026-11-21T08:49:37Z', null],
  ['lower case', 'sat, 21 nov 2026 23:00:00 gmt', null],
  ['a date and more', 'Sat, 21 Nov 2026 23:00:00 GMT; x', null],
  ['minus one', '-1', null],
  ['zero', '0', null],
  ['nothing', '', null],
];

for (const [name, text, expected] of cases) {
  test(`HTTP date: ${name}`, () => {
    const time = parseHttpDate(text);
    assert.equal(time === null ? null : new Date(time).toISOString(), expected);
  });
}

test('HTTP date: every second that JavaScript writes is read back', () => {
  const seconds = fc.integer({ min: 0, max: 4_000_000_000 }).map((value) => value * 1000);
  fc.assert(fc.property(seconds, (time) => parseHttpDate(new Date(time).toUTCString()) === time));
});
