import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conditions, usable, validatorsOf } from '../../src/fetch/validators.ts';

const NOW = Date.parse('2026-11-21T09:30:00.000Z');
const LONG_AGO = 'Wed, 21 Oct 2015 07:28:00 GMT';
const GET = { method: 'GET', fingerprint: 'f' };

const given: [name: string, headers: Record<string, string>, etag: string | null, date: string | null][] = [
  ['an ETag', { etag: '"a"' }, '"a"', null],
  ['a weak ETag', { etag: 'W/"a"' }, 'W/"a"', null],
  ['an ETag without quotes', { etag: 'abc' }, 'abc', null],
  ['bytes above 0x7f', { etag: '"caf\xe9\xff"' }, '"caf\xe9\xff"', null],
  ['both', { etag: '"a"', 'last-modified': LONG_AGO }, '"a"', LONG_AGO],
  ['a Last-Modified', { 'last-modified': LONG_AGO }, null, LONG_AGO],
  ['an asterisk, which would match for ever', { etag: '*' }, null, null],
  ['an asterisk between blanks', { etag: ' * ' }, null, null],
  ['an empty ETag', { etag: '' }, null, null],
  ['an ETag with a control character', { etag: '"a\x7f"' }, null, null],
  ['an endless ETag', { etag: `"${'a'.repeat(2000)}"` }, null, null],
  ['a Last-Modified that is no date', { 'last-modified': 'yesterday' }, null, null],
  ['a Last-Modified of -1', { 'last-modified': '-1' }, null, null],
  [
    'a Last-Modified within the second of the answer',
    { 'last-modified': LONG_AGO, date: LONG_AGO },
    null,
    null,
  ],
  [
    'a Last-Modified a second before the answer',
    { 'last-modified': LONG_AGO, date: 'Wed, 21 Oct 2015 07:28:01 GMT' },
    null,
    LONG_AGO,
  ],
  [
    'a Last-Modified in the future of its server',
    { 'last-modified': LONG_AGO, date: 'Tue, 20 Oct 2015 07:28:00 GMT' },
    null,
    null,
  ],
  ['nothing', {}, null, null],
];

for (const [name, headers, etag, lastModified] of given) {
  test(`validators of an answer: ${name}`, () => {
    const expected = (etag ?? lastModified) ? { etag, lastModified, request: 'f', fetched: NOW } : null;
    assert.deepEqual(validatorsOf(headers, GET, NOW), expected);
  });
}

test('validators of an answer: none for a POST', () => {
  assert.equal(validatorsOf({ etag: '"a"' }, { method: 'POST', fingerprint: 'f' }, NOW), null);
});

const asked: [name: string, etag: string | null, date: string | null, expected: string[]][] = [
  ['the ETag alone', '"a"', LONG_AGO, ['if-none-match', '"a"']],
  ['the date without an ETag', null, LONG_AGO, ['if-modified-since', LONG_AGO]],
  ['nothing', null, null, []],
];

for (const [name, etag, lastModified, expected] of asked) {
  test(`conditions: ${name}`, () => {
    assert.deepEqual(conditions({ etag, lastModified, request: 'f', fetched: NOW }), expected);
  });
}

const HOUR = 3_600_000;
const policies: [name: string, conditional: false | { refresh: number }, age: number, used: boolean][] = [
  ['off', false, 0, false],
  ['fresh enough', { refresh: HOUR }, HOUR - 1, true],
  ['due for a full fetch', { refresh: HOUR }, HOUR, false],
  ['fetched in the future: the clock was set back', { refresh: HOUR }, -1, false],
];

for (const [name, conditional, age, used] of policies) {
  test(`usable validators: ${name}`, () => {
    const validators = { etag: '"a"', lastModified: null, request: 'f', fetched: NOW - age };
    assert.equal(usable(validators, { conditional }, NOW), used ? validators : null);
  });
}
