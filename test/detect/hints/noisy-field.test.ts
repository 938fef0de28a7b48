import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createNoisyFieldHint } from '../../../src/detect/hints/noisy-field.ts';
import type { Change } from '../../../src/model.ts';

const update = (...paths: string[]): Change => ({
  change: 'updated',
  key: '1',
  current: {},
  previous: {},
  fields: paths.map((path) => ({ path, from: 1, to: 2 })),
  truncated: false,
  window: { after: 1, by: 2 },
});

/** What is told over so many polls, with the changes of each. */
function told(polls: number, changes: (poll: number) => Change[]): string[] {
  const noise = createNoisyFieldHint();
  return Array.from({ length: polls }, (_, poll) =>
    noise.after({ basis: 'stored', changes: changes(poll) }),
  ).flat();
}

describe('a field that alone causes nearly all updates', () => {
  test('is named once, with what to write', () => {
    assert.deepEqual(
      told(250, () => [update('/seen_at')]),
      ['10 of 10 updates in 10 polls were of "seen_at" alone; if it means nothing, set ignore: ["seen_at"]'],
    );
  });

  const paths: [pointers: string[], path: string][] = [
    [['/a/b'], 'a.b'],
    [['/list/0/t', '/list/17/t'], 'list.*.t'],
    [['/a~1b~0'], 'a/b~'],
    [['/@odata.etag'], '@odata.etag'],
  ];
  for (const [pointers, path] of paths) {
    test(`${pointers.join(' and ')} is ${path}`, () => {
      assert.match(
        told(10, () => [update(...pointers)])[0] ?? '',
        new RegExp(`ignore: \\["${path.replace('*', '\\*')}"\\]`),
      );
    });
  }

  const quiet: [name: string, changes: (poll: number) => Change[]][] = [
    ['few polls', (poll) => (poll < 9 ? [update('/t')] : [])],
    ['two fields at a time', () => [update('/a', '/b')]],
    ['one of several fields', (poll) => [update(poll % 2 ? '/a' : '/b')]],
    [
      'many updates, but in few polls',
      (poll) => (poll % 5 ? [] : [update('/a'), update('/a'), update('/a')]),
    ],
    ['a name that no path can say', () => [update('/.a')]],
    ['the whole record', () => [update('')]],
    ['new records', () => [{ ...update(), change: 'created' }]],
  ];
  for (const [name, changes] of quiet)
    test(`${name}: not named`, () => assert.deepEqual(told(40, changes), []));

  test('is found also when it begins late', () => {
    assert.equal(told(400, (poll) => (poll < 150 ? [] : [update('/t')])).length, 1);
  });
});
