import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { digestsOf, splice, textOf } from '../../../src/store/json/snapshot.ts';

/** Few keys, so that they meet; some that a careless comparison of bytes takes for each other. */
const key = fc.oneof(
  fc.constantFrom(
    '',
    '"',
    '\\',
    'a',
    'ab',
    'a"',
    '","digest":"',
    ',"value":',
    '__proto__',
    'é',
    '\n',
    '\ud800',
    '🚚',
  ),
  fc.string({ unit: 'grapheme', maxLength: 3 }),
);
const text = fc.oneof(
  fc.constantFrom('12345678901234567890', '1.0', '{"value":1,"digest":"x"}', '",\\"value\\":"'),
  fc.json(),
);
const edits = fc.array(fc.tuple(key, fc.option(fc.record({ digest: fc.string(), text }))), { maxLength: 12 });

test('any edits leave what a map would hold, byte for byte, sorted, one line each', () => {
  fc.assert(
    fc.property(fc.array(edits, { maxLength: 6 }), (commits) => {
      const model = new Map<string, { digest: string; text: string }>();
      let records = Buffer.alloc(0);
      for (const commit of commits) {
        const before = model.size;
        for (const [key, record] of commit) {
          if (record) model.set(key, record);
          else model.delete(key);
        }
        const result = splice(
          records,
          new Map(commit.map(([key, record]) => [key, record && { key, ...record }])),
        );
        records = Buffer.concat(result.records);
        assert.equal(before + result.growth, model.size);
      }
      const found = [...digestsOf(records, 3)];
      assert.ok(found.every((batch) => batch.length <= 3));
      assert.deepEqual(new Map(found.flat()), new Map([...model].map(([key, { digest }]) => [key, digest])));
      for (const [key, { text }] of model) assert.equal(textOf(records, key), text);
      assert.equal(textOf(records, 'a key of nobody'), null);
      assert.equal(records.toString().split('\n').length - 1, model.size);
    }),
    { numRuns: 500 },
  );
});

test('a change of few records copies the rest in few runs', () => {
  const all = Array.from({ length: 1000 }, (_, at) => ({ key: `k${at}`, digest: 'd', text: `${at}` }));
  const records = Buffer.concat(splice(Buffer.alloc(0), new Map(all.map((one) => [one.key, one]))).records);
  const some = new Map([1, 500, 900].map((at) => [`k${at}`, { key: `k${at}`, digest: 'e', text: '"new"' }]));
  const { records: runs, growth } = splice(records, some);
  assert.equal(growth, 0);
  assert.ok(runs.length <= 7, `${runs.length} runs`);
});
