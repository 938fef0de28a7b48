import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BATCH_FILE, layoutOf, SOURCE_FILE } from '../../../src/store/json/layout.ts';

const { source, batch } = layoutOf('/state');

test('a source in lower case has a file of its name', () => {
  assert.equal(source('desk-2_b'), '/state/sources/desk-2_b.json');
  assert.equal(batch('desk', 7, 12), '/state/spool/desk.000000000007-000000000012.json');
});

test('names that differ in case have files that differ without it', () => {
  const names = ['desk', 'Desk', 'dEsk', 'DESK', 'D'.repeat(64), 'd'.repeat(64)];
  const files = names.map((name) => source(name).toLowerCase());
  assert.equal(new Set(files).size, names.length);
  for (const name of names) {
    assert.match(source(name).split('/').at(-1) ?? '', SOURCE_FILE);
    assert.match(batch(name, 1, 1).split('/').at(-1) ?? '', BATCH_FILE);
  }
});

test('the source of operational events has a file that no other source can have', () => {
  assert.equal(source('@pollhook'), '/state/sources/@pollhook.json');
  assert.match('@pollhook.json', SOURCE_FILE);
  assert.match(batch('@pollhook', 1, 1).split('/').at(-1) ?? '', BATCH_FILE);
});

for (const name of [
  '@',
  'a@b',
  '@@a',
  '',
  '..',
  '../desk',
  'a/b',
  'a.b',
  'a~1',
  'x'.repeat(65),
  'é',
  'a\0',
]) {
  test(`${JSON.stringify(name)} is no name of a source`, () => {
    assert.throws(() => source(name), RangeError);
  });
}
