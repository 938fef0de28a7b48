import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createPlace, type Open } from './place.ts';
import { allDeliveries, snapshot } from './read.ts';
import { commitOf, event, note, owed, progress, record } from './samples.ts';

/** Keys that trip up naive maps, separators, encodings and file names. */
const KEYS = [
  '',
  ' ',
  '__proto__',
  'constructor',
  'toString',
  'a|b',
  'a%7Cb',
  'line\nbreak\r\n',
  'tab\tnul\u0000',
  '../../etc/passwd',
  'quote"\\"',
  '\\u0041',
  'é',
  'e\u0301',
  '🚚',
  '\ud800',
  '\udfff',
  '\u2028',
  '00017',
  '17',
  'x'.repeat(5000),
];

const TEXTS = {
  'a number of twenty digits': '{"n":12345678901234567890}',
  'a number with its zeros': '{"n":1.0,"m":1.50e+03,"z":-0}',
  'a key that is a prototype': '{"__proto__":{"a":1},"constructor":null}',
  'escapes as they were written': '{"t":"\\u00e9\\/\\ud83d\\ude9a\\ud800"}',
  'characters as they were written': '{"t":"é🚚\u2028\u007f"}',
  'a bare scalar': '"text"',
  'an empty list': '[]',
  'a hundred kilobytes': `"${'é'.repeat(50_000)}"`,
};

/** Commits, conflicts, sequences, digests and values. */
export function snapshots(open: Open): void {
  test('a commit stores snapshot, progress, sequence and version', async () => {
    await using place = await createPlace(open);
    const { store } = place;
    const upserts = [record('a', '{"id":1}'), record('b', '2')];
    const full = {
      comparison: 'c2',
      validators: { etag: 'W/"é"', lastModified: null, request: 'r', fetched: 77 },
      absent: JSON.parse(
        '{"__proto__":{"polls":1,"window":{"after":null,"by":5}},"":{"polls":2,"window":{"after":1,"by":5}}}',
      ),
      shown: 1234.5,
    };
    const events = [event('desk', 1), event('desk', 2)];
    const commit = commitOf({
      source: 'desk',
      difference: { replace: false, upserts, removes: [] },
      progress: full,
      events,
      deliveries: owed(events, 'hook'),
    });
    assert.equal(await store.commit(commit), 'committed');
    const expected = { ...full, source: 'desk', version: 1, sequence: 2, records: 2 };
    assert.deepEqual(await store.source('desk'), expected);
    assert.deepEqual(await store.sources(), [expected]);
    assert.deepEqual(
      (await allDeliveries(store)).map((one) => one.event),
      events,
    );
    assert.deepEqual(await (await place.crash()).source('desk'), expected);
  });

  test('of a large commit all is seen or nothing, while others go on', async () => {
    await using place = await createPlace(open);
    const { store } = place;
    const events = Array.from({ length: 1500 }, (_, at) => event('desk', at + 1, `k${at}`));
    const upserts = events.map(({ key }) => record(String(key), '1'));
    const difference = { replace: false, upserts, removes: [] };
    let over = false;
    const committed = store
      .commit(commitOf({ source: 'desk', difference, events, deliveries: owed(events, 'hook') }))
      .finally(() => {
        over = true;
      });
    const seen = new Set<number | undefined>();
    const look = async () => {
      seen.add((await store.source('desk'))?.records);
      seen.add((await store.backlog())[0]?.pending);
      seen.add((await store.deliveries({ newest: true, limit: 1 })).items[0]?.event.sequence);
    };
    const others: Promise<unknown>[] = [];
    for (let turn = 0; !over; turn += 1) {
      others.push(look());
      if (turn < 5) others.push(store.commit(commitOf({ source: `other${turn}` })));
      await nextTurn();
    }
    assert.equal(await committed, 'committed');
    await Promise.all(others);
    await look();
    assert.deepEqual([...seen.difference(new Set([undefined]))], [1500]);
    assert.equal((await (await place.crash()).sources()).length, 6);
  });

  test('a commit from another version than the stored one is a conflict and writes nothing', async () => {
    await using place = await createPlace(open);
    const { store } = place;
    const first = commitOf({
      source: 'desk',
      difference: { replace: false, upserts: [record('a', '1')], removes: [] },
    });
    assert.equal(await store.commit({ ...first, expected: 1 }), 'conflict');
    assert.equal(await store.source('desk'), null);
    assert.equal(await store.commit(first), 'committed');
    const before = await store.source('desk');
    store.note('desk', note(7));
    for (const expected of [0, 2, 99]) {
      const events = [event('desk', 1)];
      const late = commitOf({
        source: 'desk',
        expected,
        difference: { replace: true, upserts: [record('b', '2')], removes: [] },
        progress: progress(2),
        events,
        deliveries: owed(events, 'hook'),
        note: note(2),
      });
      assert.equal(await store.commit(late), 'conflict');
    }
    assert.deepEqual(await store.source('desk'), before);
    assert.deepEqual([...(await snapshot(store, 'desk')).keys()], ['a']);
    assert.deepEqual(await allDeliveries(store), []);
    assert.deepEqual((await store.notes()).get('desk'), note(7), 'not the note of a commit that was none');
    assert.equal(await store.commit({ ...first, expected: 1 }), 'committed');
  });

  test('of two commits from the same version at the same instant exactly one succeeds', async () => {
    await using place = await createPlace(open);
    const commits = ['a', 'b'].map((key) =>
      place.store.commit(
        commitOf({
          source: 'desk',
          difference: { replace: false, upserts: [record(key, '1')], removes: [] },
        }),
      ),
    );
    assert.deepEqual((await Promise.all(commits)).sort(), ['committed', 'conflict']);
    assert.equal((await snapshot(place.store, 'desk')).size, 1);
    assert.equal((await place.store.source('desk'))?.version, 1);
  });

  test('commits of many sources at the same instant all succeed', async () => {
    await using place = await createPlace(open);
    const names = Array.from({ length: 20 }, (_, index) => `source-${index}`);
    const commits = names.map((source) => {
      const events = [event(source, 1)];
      return place.store.commit(commitOf({ source, events, deliveries: owed(events, 'hook') }));
    });
    assert.ok((await Promise.all(commits)).every((result) => result === 'committed'));
    const store = await place.crash();
    assert.deepEqual((await store.sources()).map(({ source }) => source).sort(), names.sort());
    assert.equal((await allDeliveries(store)).length, 20);
  });

  test('names that differ in case, or are the names of files, are different sources', async () => {
    await using place = await createPlace(open);
    const names = ['desk', 'DESK', 'state', 'lock', '__proto__', '-', 'n'.repeat(64)];
    for (const source of names) {
      const upserts = [record(source, `"${source}"`)];
      await place.store.commit(commitOf({ source, difference: { replace: false, upserts, removes: [] } }));
    }
    const store = await place.reopen();
    assert.equal((await store.sources()).length, names.length);
    for (const source of names) assert.deepEqual([...(await snapshot(store, source)).keys()], [source]);
  });

  for (const [what, events] of [
    ['repeats a number', [event('desk', 2)]],
    ['leaves a gap', [event('desk', 4)]],
    ['has a gap inside', [event('desk', 3), event('desk', 5)]],
  ] as const) {
    test(`a commit that ${what} of the sequence is refused and writes nothing`, async () => {
      await using place = await createPlace(open);
      const { store } = place;
      const first = [event('desk', 1), event('desk', 2)];
      await store.commit(commitOf({ source: 'desk', events: first, deliveries: owed(first, 'hook') }));
      const wrong = events.map((one, index) => ({ ...one, id: `wrong_${index}` }));
      const upserts = [record('a', '1')];
      const commit = commitOf({
        source: 'desk',
        expected: 1,
        events: wrong,
        difference: { replace: false, upserts, removes: [] },
      });
      await assert.rejects(store.commit({ ...commit, deliveries: owed(wrong, 'hook') }));
      assert.equal((await store.source('desk'))?.version, 1);
      assert.equal((await snapshot(store, 'desk')).size, 0);
      assert.equal((await allDeliveries(store)).length, 2);
      const right = [event('desk', 3)];
      assert.equal(await store.commit(commitOf({ source: 'desk', expected: 1, events: right })), 'committed');
    });
  }

  test('the sequence goes on after restarts', async () => {
    await using place = await createPlace(open);
    for (const sequence of [1, 2, 3]) {
      const events = [event('desk', sequence)];
      await place.store.commit(
        commitOf({ source: 'desk', expected: sequence - 1, events, deliveries: owed(events, 'hook') }),
      );
      assert.equal((await place.store.source('desk'))?.sequence, sequence);
      await (sequence === 1 ? place.reopen() : place.crash());
      assert.equal((await place.store.source('desk'))?.sequence, sequence);
    }
  });

  test('every string is a key', async () => {
    await using place = await createPlace(open);
    const upserts = KEYS.map((key, index) => record(key, `{"index":${index}}`));
    const expected = new Map(upserts.map(({ key, digest, text }) => [key, { digest, text }]));
    await place.store.commit(
      commitOf({ source: 'desk', difference: { replace: false, upserts, removes: [] } }),
    );
    for (const reopened of [false, true]) {
      const store = reopened ? await place.reopen() : place.store;
      assert.deepEqual(await snapshot(store, 'desk'), expected);
      for (const key of KEYS) assert.deepEqual([...(await store.values('desk', [key])).keys()], [key]);
    }
    await place.store.commit(
      commitOf({ source: 'desk', expected: 1, difference: { replace: false, upserts: [], removes: KEYS } }),
    );
    assert.equal((await snapshot(place.store, 'desk')).size, 0);
  });

  for (const [what, text] of Object.entries(TEXTS)) {
    test(`a value is kept byte for byte: ${what}`, async () => {
      await using place = await createPlace(open);
      const difference = { replace: false, upserts: [record('a', text)], removes: [] };
      await place.store.commit(commitOf({ source: 'desk', difference }));
      assert.equal((await place.store.values('desk', ['a'])).get('a'), text);
      assert.equal((await (await place.crash()).values('desk', ['a'])).get('a'), text);
    });
  }

  test('values leaves out unknown keys and takes any iterable, repetitions included', async () => {
    await using place = await createPlace(open);
    const upserts = [record('a', '1'), record('b', '2')];
    await place.store.commit(
      commitOf({ source: 'desk', difference: { replace: false, upserts, removes: [] } }),
    );
    const keys = new Set(['b', 'none']).values();
    assert.deepEqual(await place.store.values('desk', keys), new Map([['b', '2']]));
    assert.deepEqual(await place.store.values('desk', ['a', 'a']), new Map([['a', '1']]));
    assert.equal((await place.store.values('other', ['a'])).size, 0);
  });

  test('upserts add and change, removes remove, in an order that does not matter', async () => {
    await using place = await createPlace(open);
    const keys = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, index) => `k${from + index}`);
    const upserts = keys(0, 300).map((key) => record(key, `"${key}"`));
    await place.store.commit(
      commitOf({ source: 'desk', difference: { replace: false, upserts, removes: [] } }),
    );
    const changed = keys(290, 310).map((key) => record(key, `"changed ${key}"`));
    const difference = {
      replace: false,
      upserts: changed.toReversed(),
      removes: [...keys(0, 10), 'never there'],
    };
    await place.store.commit(commitOf({ source: 'desk', expected: 1, difference }));
    const expected = new Map(
      [...upserts.slice(10, 290), ...changed].map(({ key, digest, text }) => [key, { digest, text }]),
    );
    assert.deepEqual(await snapshot(place.store, 'desk'), expected);
    assert.equal((await place.store.source('desk'))?.records, 300);
    assert.deepEqual(await snapshot(await place.crash(), 'desk'), expected);
  });

  test('a key that is removed and upserted in one commit is there afterwards', async () => {
    await using place = await createPlace(open);
    const old = [record('a', '1'), record('b', '2')];
    await place.store.commit(
      commitOf({ source: 'desk', difference: { replace: false, upserts: old, removes: [] } }),
    );
    const difference = {
      replace: false,
      upserts: [record('a', '3'), record('new', '4')],
      removes: ['a', 'b', 'new'],
    };
    await place.store.commit(commitOf({ source: 'desk', expected: 1, difference }));
    assert.deepEqual(
      [...(await snapshot(place.store, 'desk'))].map(([key, { text }]) => [key, text]).sort(),
      [
        ['a', '3'],
        ['new', '4'],
      ],
    );
    assert.equal((await place.store.source('desk'))?.records, 2);
  });

  test('replace empties the snapshot of this source before', async () => {
    await using place = await createPlace(open);
    const old = [record('a', '1'), record('b', '2')];
    for (const source of ['desk', 'other']) {
      await place.store.commit(
        commitOf({ source, difference: { replace: false, upserts: old, removes: [] } }),
      );
    }
    const difference = { replace: true, upserts: [record('b', '3')], removes: ['zz'] };
    await place.store.commit(commitOf({ source: 'desk', expected: 1, difference }));
    const left = await snapshot(await place.crash(), 'desk');
    assert.deepEqual(
      [...left].map(([key, { text }]) => [key, text]),
      [['b', '3']],
    );
    assert.equal((await place.store.source('desk'))?.records, 1);
    assert.equal((await snapshot(place.store, 'other')).size, 2);
  });

  test('digests come in batches, of many records too, while commits go on', async () => {
    await using place = await createPlace(open);
    const upserts = Array.from({ length: 12_000 }, (_, index) => record(`k${index}`, `${index}`));
    await place.store.commit(
      commitOf({ source: 'desk', difference: { replace: false, upserts, removes: [] } }),
    );
    const seen: string[] = [];
    let commits = 0;
    for await (const batch of place.store.digests('desk')) {
      assert.ok(batch.length > 0);
      for (const [key] of batch) seen.push(key);
      if (commits < 2)
        assert.equal(await place.store.commit(commitOf({ source: `other-${commits}` })), 'committed');
      commits += 1;
    }
    assert.equal(seen.length, upserts.length);
    assert.equal(new Set(seen).size, upserts.length);
    assert.equal((await place.store.values('desk', seen)).size, upserts.length);
    for await (const _ of place.store.digests('desk')) break;
    assert.equal(await place.store.commit(commitOf({ source: 'desk', expected: 1 })), 'committed');
  });

  test('an empty snapshot is a snapshot', async () => {
    await using place = await createPlace(open);
    await place.store.commit(commitOf({ source: 'desk' }));
    assert.equal((await (await place.reopen()).source('desk'))?.records, 0);
  });
}
