import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Incremental } from '../../../src/config/incremental.ts';
import { sinceValue } from '../../../src/fetch/incremental/since.ts';
import { parseTime } from '../../../src/fetch/incremental/time.ts';
import type { Json } from '../../../src/model.ts';

const TIME = '2026-11-21T09:30:12.000Z';
const PLAIN = `${TIME} local`;

const TIMES: readonly [value: Json | undefined, expected: string | null][] = [
  ['2026-11-21T09:30:12Z', TIME],
  ['2026-11-21T09:30:12.481Z', '2026-11-21T09:30:12.481Z'],
  ['2026-11-21T09:30:12.4815162Z', '2026-11-21T09:30:12.481Z'],
  ['2026-11-21T09:30:12,5z', '2026-11-21T09:30:12.500Z'],
  ['2026-11-21T10:30:12+01:00', TIME],
  ['2026-11-21T10:30:12+0100', TIME],
  ['2026-11-21 10:30:12 +01', TIME],
  ['2026-11-21T03:00:12-06:30', TIME],
  ['20261121T093012Z', TIME],
  [' 2026-11-21T09:30:12Z ', TIME],
  ['2026-11-21 09:30:12', PLAIN],
  ['2026-11-21T09:30:12', PLAIN],
  ['20261121093012', PLAIN],
  ['2026-11-21', '2026-11-21T00:00:00.000Z local'],
  ['2026-11-21 09:30', '2026-11-21T09:30:00.000Z local'],
  [1795253412, TIME],
  [1795253412.481, '2026-11-21T09:30:12.481Z'],
  [1795253412000, TIME],
  ['1795253412', TIME],
  ['1795253412.5', '2026-11-21T09:30:12.500Z'],
  ['1795253412000', TIME],
  [JSON.rawJSON('1795253412.0'), TIME],
  [JSON.rawJSON('1.795253412e12'), TIME],
  ['/Date(1795253412000)/', TIME],
  ['/Date(1795253412000+0100)/', TIME],
  ['Sat, 21 Nov 2026 09:30:12 GMT', TIME],
  ['0000-00-00 00:00:00', null],
  ['2026-02-30', null],
  ['2026-13-01', null],
  ['2026-11-21T25:00:00Z', null],
  ['21.11.2026', null],
  ['11/21/2026', null],
  ['yesterday', null],
  ['', null],
  ['9'.repeat(200), null],
  [1e300, null],
  [-1, null],
  [0, null],
  [null, null],
  [undefined, null],
  [true, null],
  [{}, null],
];
describe('a time in a record', () => {
  for (const [value, expected] of TIMES) {
    test(JSON.stringify(value) ?? 'nothing', () => {
      const found = parseTime(value);
      const text = found && new Date(found.time).toISOString() + (found.zoned ? '' : ' local');
      assert.equal(text, expected);
    });
  }
});

const FORMATS: readonly [format: string, zoned: string | number, local: string | number][] = [
  ['iso', '2026-11-21T09:25:12Z', '2026-11-21T09:25:12'],
  // Which moment a local time is, nobody knows: the earliest that it can be.
  ['epoch', 1795253112, 1795253112 - 14 * 3600],
  ['epoch_ms', 1795253112481, 1795253112481 - 14 * 3_600_000],
  ['{yyyy}-{MM}-{dd}', '2026-11-21', '2026-11-21'],
  [
    'updated >= "{yyyy}/{MM}/{dd} {HH}:{mm}"',
    'updated >= "2026/11/21 09:25"',
    'updated >= "2026/11/21 09:25"',
  ],
  ['ge {iso}', 'ge 2026-11-21T09:25:12Z', 'ge 2026-11-21T09:25:12'],
  ['{HH}{mm}{ss} {epoch}', '092512 1795253112', `192512 ${1795253112 - 14 * 3600}`],
];
describe('the parameter that asks for what changed', () => {
  for (const [format, zoned, local] of FORMATS) {
    test(format, () => {
      const time = Date.parse(TIME) + 481;
      const options = { format, lookback: 300_000 } as Incremental;
      const cursor = { time, full: 0, request: '' };
      assert.equal(sinceValue({ ...cursor, zoned: true }, options), zoned);
      assert.equal(sinceValue({ ...cursor, zoned: false }, options), local);
    });
  }

  test('overlaps by a second whatever `lookback` says, or records with the very time asked for may be skipped', () => {
    const cursor = { time: 5_000, full: 0, request: '', zoned: true };
    assert.equal(sinceValue(cursor, { format: 'epoch_ms', lookback: 0 } as Incremental), 4_000);
  });
});
