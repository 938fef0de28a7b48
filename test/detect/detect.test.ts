import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Detected, Detection } from '../../src/detect/contract.ts';
import { createDetector } from '../../src/detect/detect.ts';
import type { Absence, Json, Reading } from '../../src/model.ts';
import { OPTIONS, type Options, rows, Scene, told } from './scene.ts';

const absences = (detected: Detected) =>
  Object.entries(detected.absent).map(([key, { polls }]: [string, Absence]) => `${key}:${polls}`);

describe('the first snapshot', () => {
  test('baseline tells nothing and stores all', async () => {
    const first = await new Scene().poll(rows(3));
    assert.deepEqual([first.basis, told(first), first.upserts.length], ['first', [], 3]);
  });

  test('emit tells of each record, with an open window', async () => {
    const first = await new Scene({ initial: 'emit' }).poll(rows(2));
    assert.deepEqual(told(first), ['created 1', 'created 2']);
    assert.deepEqual(first.changes[0]?.window, { after: null, by: 2000 });
  });

  test('an empty list is a snapshot', async () => {
    const scene = new Scene();
    assert.equal((await scene.poll([])).differs, true);
    assert.deepEqual(told(await scene.poll(rows(1))), ['created 1']);
  });
});

describe('changes', () => {
  test('nothing changed: nothing to store', async () => {
    const scene = new Scene();
    await scene.poll(rows(3));
    const { differs, changes } = await scene.poll(rows(3).reverse());
    assert.deepEqual([differs, changes], [false, []]);
  });

  test('an update has old and new value, fields and window', async () => {
    const scene = new Scene();
    await scene.poll(rows(2));
    const { changes } = await scene.poll([
      { id: 1, v: 1 },
      { id: 2, v: 5 },
    ]);
    assert.deepEqual(changes, [
      {
        change: 'updated',
        key: '2',
        current: { id: 2, v: 5 },
        previous: { id: 2, v: 1 },
        fields: [{ path: '/v', from: 1, to: 5 }],
        truncated: false,
        window: { after: 2000, by: 3000 },
      },
    ]);
  });

  test('what is ignored neither tells nor replaces what is stored', async () => {
    const scene = new Scene({ ignore: ['t'] });
    await scene.poll([{ id: 1, v: 1, t: 1 }]);
    assert.equal((await scene.poll([{ id: 1, v: 1, t: 2 }])).differs, false);
    const { changes } = await scene.poll([{ id: 1, v: 2, t: 3 }]);
    assert.deepEqual(changes[0]?.fields, [{ path: '/v', from: 1, to: 2 }]);
    assert.deepEqual(changes[0]?.current, { id: 1, v: 2, t: 3 });
  });

  test('other comparison settings make a new baseline and tell nothing', async () => {
    const scene = new Scene();
    await scene.poll(rows(2));
    scene.change({ ignore: ['v'] });
    const next = await scene.poll([{ id: 1, v: 9 }]);
    assert.deepEqual([next.basis, told(next), next.differs], ['rebaselined', [], true]);
    assert.equal((await scene.poll([{ id: 1, v: 7 }])).differs, false);
  });
});

test('after a reset there is a new baseline, which is not one of other settings', async () => {
  const scene = new Scene({ initial: 'emit' });
  await scene.poll(rows(2));
  scene.reset();
  const next = await scene.poll(rows(3));
  assert.deepEqual([next.basis, told(next)], ['reset', []]);
});

describe('missing records', () => {
  test('are deleted when two polls in a row miss them, with the window of the first', async () => {
    const scene = new Scene();
    await scene.poll(rows(5));
    const first = await scene.poll(rows(4));
    assert.deepEqual([told(first), absences(first), first.differs], [[], ['5:1'], true]);
    const second = await scene.poll('same');
    assert.deepEqual([told(second), absences(second)], [['deleted 5'], []]);
    assert.deepEqual(second.changes[0]?.window, { after: 2000, by: 3000 });
    assert.deepEqual(second.changes[0]?.previous, { id: 5, v: 1 });
  });

  test('that come back were never gone', async () => {
    const scene = new Scene();
    await scene.poll(rows(5));
    await scene.poll(rows(4));
    const back = await scene.poll(rows(5));
    assert.deepEqual([told(back), absences(back), back.differs], [[], [], true]);
    assert.equal((await scene.poll(rows(5))).differs, false);
  });

  test('that come back different are updated', async () => {
    const scene = new Scene();
    await scene.poll(rows(5));
    await scene.poll(rows(4));
    assert.deepEqual(told(await scene.poll([...rows(4), { id: 5, v: 2 }])), ['updated 5']);
  });

  test('are never told of with deletes: false', async () => {
    const scene = new Scene({ deletes: false });
    await scene.poll(rows(5));
    await scene.poll(rows(1));
    for (let time = 0; time < 5; time += 1) assert.deepEqual(told(await scene.poll(rows(1))), []);
    assert.deepEqual(told(await scene.poll(rows(5))), []);
  });

  const guards: [
    name: string,
    options: Partial<Options>,
    before: number,
    after: number,
    deleted: number,
    doubt: boolean,
  ][] = [
    ['an empty list', {}, 1, 0, 0, true],
    [
      'an empty list that is allowed',
      { deletes: { confirm: 2, guard: { count: 10, ratio: 0.1 }, allow_empty: true } },
      50,
      0,
      50,
      false,
    ],
    ['half of four', {}, 4, 2, 2, false],
    ['more than half of four', {}, 4, 1, 0, true],
    ['more than half of three', {}, 3, 1, 2, false],
    ['ten of a hundred', {}, 100, 90, 10, false],
    ['eleven of a hundred', {}, 100, 89, 0, true],
    ['eleven of two hundred: not more than a tenth', {}, 200, 189, 11, false],
    [
      'a wider guard',
      { deletes: { confirm: 1, guard: { count: 40, ratio: 0.1 }, allow_empty: false } },
      100,
      60,
      40,
      false,
    ],
  ];
  for (const [name, options, before, after, deleted, doubt] of guards) {
    test(`${name}: ${doubt ? 'held' : 'deleted'}`, async () => {
      const scene = new Scene(options);
      await scene.poll(rows(before));
      const polls = [
        await scene.poll(rows(after)),
        await scene.poll(rows(after)),
        await scene.poll(rows(after)),
      ];
      assert.equal(polls.flatMap(told).length, deleted);
      assert.equal(
        polls.some((poll) => poll.doubt !== null),
        doubt,
      );
    });
  }

  test('a doubt that lasts is stored once, and additions and updates flow meanwhile', async () => {
    const scene = new Scene();
    await scene.poll(rows(10));
    await scene.poll(rows(2));
    await scene.poll(rows(2));
    assert.equal((await scene.poll(rows(2))).differs, false);
    const next = await scene.poll([
      { id: 1, v: 2 },
      { id: 2, v: 1 },
      { id: 99, v: 1 },
    ]);
    assert.deepEqual(told(next), ['created 99', 'updated 1']);
    assert.match(next.doubt?.reason ?? '', /8 of 10 records vanished at once, more than half/);
  });

  test('a later trustworthy poll ends the doubt by itself', async () => {
    const scene = new Scene();
    await scene.poll(rows(10));
    await scene.poll([]);
    await scene.poll([]);
    const back = await scene.poll(rows(9));
    assert.deepEqual([back.doubt, told(back)], [null, []]);
    assert.deepEqual(told(await scene.poll(rows(10))), []);
  });
});

describe('answers in doubt', () => {
  test('confirm nothing: what the first trustworthy answer misses is not deleted yet', async () => {
    const scene = new Scene();
    await scene.poll(rows(10));
    await scene.poll([]);
    assert.deepEqual(told(await scene.poll(rows(9))), []);
    assert.deepEqual(told(await scene.poll(rows(9))), ['deleted 10']);
  });

  test('are told from ordinary churn, however long it goes on', async () => {
    const scene = new Scene();
    const polls = [];
    for (let poll = 0; poll < 12; poll += 1) polls.push(await scene.poll(rows(100, 1 + 6 * poll)));
    assert.ok(polls.every(({ doubt }) => doubt === null));
    assert.equal(polls.flatMap(told).filter((line) => line.startsWith('deleted')).length, 60);
  });

  test('hold only those that vanished together, and others ripen', async () => {
    const scene = new Scene();
    await scene.poll(rows(100));
    await scene.poll(rows(80));
    const polls = [await scene.poll(rows(79)), await scene.poll(rows(79)), await scene.poll(rows(79))];
    assert.deepEqual(polls.flatMap(told), ['deleted 80']);
    assert.ok(polls.every(({ doubt }) => doubt !== null));
  });

  test('never become a new baseline: an empty list after a change of settings waits for records', async () => {
    const scene = new Scene();
    await scene.poll(rows(50));
    scene.change({ ignore: ['t'] });
    const empty = await scene.poll([]);
    assert.deepEqual([empty.differs, empty.doubt !== null], [false, true]);
    const back = await scene.poll(rows(50));
    assert.deepEqual([back.basis, told(back)], ['rebaselined', []]);
  });
});

test('a record that was missing and comes back changed was last seen before it went', async () => {
  const scene = new Scene();
  await scene.poll(rows(5));
  await scene.poll(rows(4));
  const { changes } = await scene.poll([...rows(4), { id: 5, v: 2 }]);
  assert.deepEqual(changes[0]?.window, { after: 2000, by: 4000 });
});

test('settings that mean the same compare the same', () => {
  const comparison = (options: Partial<Options>) => createDetector({ ...OPTIONS, ...options }).comparison;
  assert.equal(comparison({ ignore: ['a', 'b', 'a'] }), comparison({ ignore: ['b', 'a'] }));
  assert.equal(comparison({ format: 'json' }), comparison({ format: 'auto' }));
  assert.notEqual(comparison({ key: ['a', 'b'] }), comparison({ key: ['b', 'a'] }));
  assert.notEqual(comparison({ ignore: ['a'] }), comparison({ unordered: ['a'] }));
});

describe('a reading of only a part', () => {
  test('of a record that the snapshot has and that was not missing is not believed', async () => {
    const scene = new Scene();
    await scene.poll(rows(3));
    const doubled: Reading = {
      kind: 'some',
      records: [{ key: '2', value: { id: 2 } }],
      added: ['2'],
      gone: [],
      total: 4,
    };
    assert.equal((await scene.look(doubled)).kind, 'unsure');
  });

  test('counts on for records that are still missing', async () => {
    const scene = new Scene();
    await scene.poll(rows(6));
    await scene.poll(rows(5));
    const next = await scene.look({
      kind: 'some',
      records: [{ key: '1', value: { id: 1, v: 2 } }],
      added: [],
      gone: ['5'],
      total: 4,
    });
    assert.ok(next.kind === 'detected');
    assert.deepEqual([told(next), absences(next)], [['updated 1', 'deleted 6'], ['5:1']]);
  });
});

describe('a part of the records', () => {
  const part = (...records: { id: number; [name: string]: Json }[]): Reading => ({
    kind: 'part',
    records: records.map((value) => ({ key: String(value.id), value })),
  });
  const detected = (detection: Detection): Detected => {
    assert.ok(detection.kind === 'detected');
    return detection;
  };

  test('tells what is new and what changed, and nothing of the others', async () => {
    const scene = new Scene();
    await scene.poll(rows(3));
    const seen = detected(await scene.look(part({ id: 2, v: 5 }, { id: 9, v: 1 }, { id: 1, v: 1 })));
    assert.deepEqual(told(seen), ['created 9', 'updated 2']);
    assert.deepEqual([absences(seen), seen.records], [[], 4]);
  });

  test('confirms no absence, and ends one', async () => {
    const scene = new Scene();
    await scene.poll(rows(6));
    assert.deepEqual(absences(await scene.poll(rows(4))), ['5:1', '6:1']);
    assert.deepEqual(absences(detected(await scene.look(part()))), ['5:1', '6:1']);
    assert.deepEqual(absences(detected(await scene.look(part({ id: 5, v: 1 })))), ['6:1']);
    assert.deepEqual(told(await scene.poll(rows(5))), ['deleted 6']);
  });

  test('neither ends a doubt nor deletes what is held', async () => {
    const scene = new Scene();
    await scene.poll(rows(30));
    const { doubt } = await scene.poll(rows(1));
    const seen = detected(await scene.look(part({ id: 31, v: 1 })));
    assert.deepEqual([seen.doubt?.reason, told(seen)], [doubt?.reason, ['created 31']]);
  });

  test('is no baseline', async () => {
    assert.equal((await new Scene().look(part({ id: 1 }))).kind, 'unsure');
  });
});
