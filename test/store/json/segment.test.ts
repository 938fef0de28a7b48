import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Entry, encodeLine, encodeSegment, readSegment } from '../../../src/store/json/segment.ts';

const claim = (delivery: string): Entry => ({ claimed: delivery, attempt: 1, at: 1, owner: 'me' });

/** A segment with `base` lines from a compaction, then the groups. */
function segment(groups: readonly (readonly string[])[], base: readonly string[] = []) {
  let bytes = Buffer.concat(encodeSegment(base.map((id) => encodeLine(claim(id), 7))));
  const starts = [bytes.length];
  for (const group of groups) {
    const start = bytes.length;
    bytes = Buffer.concat([
      bytes,
      ...group.map((id, index) => encodeLine(claim(id), start, index < group.length - 1)),
    ]);
    starts.push(bytes.length);
  }
  return { bytes, starts };
}

function read(bytes: Buffer): { ids: string[]; length: number } {
  const ids: string[] = [];
  const lines = readSegment(bytes, 'outbox/000001.jsonl');
  for (;;) {
    const { done, value } = lines.next();
    if (done) return { ids, length: value };
    if ('claimed' in value.entry) ids.push(value.entry.claimed);
  }
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

const DAMAGED = { code: 'STATE_DAMAGED', message: /000001\.jsonl: / };

test('reads what was written', () => {
  const { bytes } = segment([['a'], ['b', 'é\n"'], ['c']], ['x', 'y']);
  assert.deepEqual(read(bytes), { ids: ['x', 'y', 'a', 'b', 'é\n"', 'c'], length: bytes.length });
});

test('a last group that was cut anywhere counts for nothing; what came before stays', () => {
  const { bytes, starts } = segment(
    [
      ['a', 'b'],
      ['c', 'd', 'e'],
    ],
    ['x'],
  );
  const [, last = 0] = starts;
  for (let length = last; length < bytes.length; length += 1) {
    assert.deepEqual(
      read(bytes.subarray(0, length)),
      { ids: ['x', 'a', 'b'], length: last },
      `cut at ${length}`,
    );
  }
});

test('a last group whose first page was lost, and not its last, is torn', () => {
  const { bytes, starts } = segment([['a'], ['b', 'c', 'd']]);
  const [, last = 0] = starts;
  const torn = Buffer.from(bytes).fill(0, last, last + 30);
  assert.deepEqual(read(torn), { ids: ['a'], length: last });
});

test('any byte that changed in an earlier group is damage', () => {
  const { bytes, starts } = segment([['a', 'b'], ['c']], ['x']);
  const [, last = 0] = starts;
  for (let at = 0; at < last; at += 1) assert.throws(() => read(flipped(bytes, at)), DAMAGED, `byte ${at}`);
});

test('what a compaction published whole is never torn', () => {
  const { bytes, starts } = segment([], ['x', 'y']);
  const [end = 0] = starts;
  for (let length = 0; length < end; length += 1) {
    assert.throws(() => read(bytes.subarray(0, length)), DAMAGED, `cut at ${length}`);
  }
});

for (const [what, text] of [
  ['nothing', ''],
  ['null', 'null\n'],
  ['text', 'hello\n'],
  ['another document', '{"pollhook":"source","format":1}\n'],
  ['zeros', '\0'.repeat(4096)],
] as const) {
  test(`${what} is no segment`, () => {
    assert.throws(() => read(Buffer.from(text)), DAMAGED);
  });
}
