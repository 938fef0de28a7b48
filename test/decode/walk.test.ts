import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createDecoder } from '../../src/decode/decode.ts';
import { isSame, pack, unpack, witnessOf } from '../../src/decode/witness.ts';
import { Received } from '../../src/lib/http/received.ts';
import type { Json, SourceRecord } from '../../src/model.ts';

const record = fc.record({
  id: fc.nat({ max: 60 }),
  text: fc.oneof(fc.string(), fc.constantFrom('a,b', '}', ']', '"', '\\', '\\"', '{"id":1}', 'ü€𝄞')),
  more: fc.oneof(fc.constant(null), fc.array(fc.nat({ max: 3 })), fc.dictionary(fc.string(), fc.boolean())),
});
const list = fc.uniqueArray(record, { selector: (one) => one.id, maxLength: 60 });

/** What may happen to a list between two polls. */
const edit = fc.oneof(
  fc.record({ kind: fc.constant('update'), at: fc.nat(), text: fc.string() }),
  fc.record({ kind: fc.constant('remove'), at: fc.nat(), count: fc.integer({ min: 1, max: 15 }) }),
  fc.record({ kind: fc.constant('insert'), at: fc.nat(), id: fc.integer({ min: 61, max: 120 }) }),
  fc.record({ kind: fc.constant('move'), at: fc.nat(), to: fc.nat() }),
);
type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never;
type Row = { id: number; text: string; more: unknown };

function edited(rows: readonly Row[], edits: readonly Edit[]): Row[] {
  const result = [...rows];
  for (const one of edits) {
    const at = one.at % Math.max(1, result.length);
    if ('text' in one && result[at]) result[at] = { ...result[at], text: one.text };
    if ('count' in one) result.splice(at, one.count);
    if ('id' in one && !result.some((row) => row.id === one.id))
      result.splice(at, 0, { id: one.id, text: 'new', more: null });
    if ('to' in one && result.length > 0) result.splice(one.to % result.length, 0, ...result.splice(at, 1));
  }
  return result;
}

const asMap = (records: readonly SourceRecord[]) =>
  new Map(records.map(({ key, value }) => [key, JSON.stringify(value)]));

describe('reading only what differs from the answer before', () => {
  const decode = createDecoder({ format: 'json', items: 'data.rows', key: ['id'] });
  const body = (rows: unknown, indent: number, around: string) =>
    Buffer.from(
      JSON.stringify({ meta: { note: around, rows: [] }, data: { n: 1, rows }, after: around }, null, indent),
    );

  test('finds what a full reading finds, whatever was changed, added, removed or moved', async () => {
    let partly = 0;
    await fc.assert(
      fc.asyncProperty(
        list,
        fc.array(edit, { maxLength: 12 }),
        fc.constantFrom(0, 2),
        fc.constantFrom('x', '"]}', 'longer text'),
        async (rows, edits, indent, around) => {
          const first = await decode(body(rows, indent, 'x'), 'application/json', null);
          assert.ok(first.kind === 'reading' && first.reading.kind === 'all');
          const next = body(edited(rows, edits), indent, around);
          const full = await decode(next, 'application/json', null);
          const seen = await decode(next, 'application/json', first.witness);
          assert.ok(full.kind === 'reading' && full.reading.kind === 'all' && seen.kind === 'reading');
          const expected = asMap(full.reading.records);
          const known = asMap(first.reading.records);
          if (seen.reading.kind === 'all') return assert.deepEqual(asMap(seen.reading.records), expected);
          if (seen.reading.kind === 'same') return assert.deepEqual(known, expected);
          assert.ok(seen.reading.kind === 'some');
          partly += 1;
          assert.equal(seen.reading.total, expected.size);
          assert.deepEqual(
            new Set(seen.reading.added),
            new Set([...expected.keys()].filter((key) => !known.has(key))),
          );
          for (const key of seen.reading.gone) known.delete(key);
          for (const { key, value } of seen.reading.records) known.set(key, JSON.stringify(value));
          assert.deepEqual(new Map([...known].sort()), new Map([...expected].sort()));
          // What it left behind serves the next comparison as well as a fresh reading would.
          const again = await decode(body(rows, indent, 'y'), 'application/json', seen.witness);
          assert.equal(again.kind, 'reading');
        },
      ),
      { numRuns: 500 },
    );
    assert.ok(partly > 100, `only ${partly} of the runs read a part`);
  });

  test('a body cut short or damaged anywhere is never read as something else', async () => {
    const rows = Array.from({ length: 30 }, (_, id) => ({ id, text: 'abc', more: [1, { a: null }] }));
    const whole = body(rows, 0, 'x');
    const first = await decode(whole, 'application/json', null);
    assert.ok(first.kind === 'reading');
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: whole.length - 1 }),
        fc.nat({ max: 255 }),
        fc.boolean(),
        async (at, byte, cut) => {
          const damaged = cut ? whole.subarray(0, at) : Buffer.from(whole);
          if (!cut) damaged[at] = byte;
          const full = await decode(damaged, 'application/json', null);
          const seen = await decode(damaged, 'application/json', first.witness);
          if (full.kind === 'reading') return assert.equal(seen.kind, 'reading');
          if (seen.kind === 'refused') return;
          // A doubled key may show only beside the snapshot: the key is new to the answer, and was there already.
          assert.equal(full.failure.code, 'DECODE_DUPLICATE');
          assert.ok(
            seen.reading.kind === 'some' && seen.reading.added.some((key) => Number(key) < rows.length),
          );
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('the same key twice is refused even if one of the two was known', async () => {
    const rows = [{ id: 1 }, { id: 2 }, { id: 3 }] as unknown as Json[];
    const first = await decode(body(rows, 0, 'x'), 'application/json', null);
    assert.ok(first.kind === 'reading');
    const doubled = body([{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }, { id: 4, x: 1 }], 0, 'x');
    const seen = await decode(doubled, 'application/json', first.witness);
    assert.ok(seen.kind === 'refused');
    assert.equal(seen.failure.code, 'DECODE_DUPLICATE');
  });

  test('a second member of the same name is read as a parser reads it', async () => {
    const first = await decode(Buffer.from('{"data":{"rows":[{"id":1}]}}'), 'application/json', null);
    assert.ok(first.kind === 'reading');
    const twice = Buffer.from('{"data":{"rows":[{"id":1}]},"data":{"rows":[{"id":2}]}}');
    const seen = await decode(twice, 'application/json', first.witness);
    assert.ok(seen.kind === 'reading' && seen.reading.kind === 'all');
    assert.deepEqual(
      seen.reading.records.map(({ key }) => key),
      ['2'],
    );
  });
});

describe('a packed answer', () => {
  const decode = createDecoder({ format: 'json', items: 'rows', key: ['id'] });
  const body = (count: number, text: string) =>
    Buffer.from(JSON.stringify({ rows: Array.from({ length: count }, (_, id) => ({ id, text })) }));

  test('knows its own bytes from any others', async () => {
    const whole = body(500, 'some text');
    const packed = await pack(witnessOf(whole, null, true));
    assert.ok('compressed' in packed.seen && packed.seen.compressed.length < whole.length / 8);
    assert.equal(isSame(packed, Received.of(whole), null), true);
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: whole.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        async (at, bits) => {
          const other = Buffer.from(whole);
          other[at] = (other[at] as number) ^ bits;
          assert.equal(isSame(packed, Received.of(other), null), false);
        },
      ),
    );
    assert.deepEqual(unpack(packed)?.body, whole);
  });

  test('serves the next comparison as the answer itself does', async () => {
    const first = await decode(body(500, 'a'), 'application/json', null);
    assert.ok(first.kind === 'reading' && first.witness);
    const packed = await pack(first.witness);
    assert.ok(isSame(packed, Received.of(body(500, 'a')), 'application/json'));
    const more = await decode(body(501, 'a'), 'application/json', packed);
    assert.ok(more.kind === 'reading' && more.reading.kind === 'some');
    assert.deepEqual(more.reading.added, ['500']);
  });

  test('knows them in whatever pieces they come', async () => {
    const whole = body(500, 'b');
    for (const known of [witnessOf(whole, null, true), await pack(witnessOf(whole, null, true))]) {
      fc.assert(
        fc.property(fc.array(fc.nat({ max: whole.length })), fc.nat({ max: whole.length }), (cuts, at) => {
          const pieces = (bytes: Buffer) =>
            new Received(
              [0, ...cuts.sort((a, b) => a - b)].map((start, index) => bytes.subarray(start, cuts[index])),
              bytes.length,
            );
          const other = Buffer.from(whole);
          other[at] = 0;
          assert.ok(isSame(known, pieces(whole), null));
          assert.equal(isSame(known, pieces(other), null), at === whole.length);
          assert.ok(pieces(whole).bytes.equals(whole));
          assert.ok(!isSame(known, Received.of(whole.subarray(0, at)), null) || at === whole.length);
        }),
      );
    }
  });

  test('is kept as it is where packing is not worth it', async () => {
    const small = witnessOf(body(3, 'a'), null, true);
    assert.equal(await pack(small), small);
  });
});
