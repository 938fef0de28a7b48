import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openLines } from '../../../src/store/json/lines.ts';
import { type Entry, encodeLine } from '../../../src/store/json/segment.ts';
import { attempt } from '../conformance/samples.ts';
import { scratch } from './state.ts';

const folder = scratch();
after(() => folder[Symbol.dispose]());

const made = [1, 4085, 4096, 70_000].map((length) => ({ ...attempt('failed'), answer: 'é'.repeat(length) }));
const settled = made.map(
  (one): Entry => ({ settled: 'a', at: 1, state: 'pending', steps: 0, nextAttempt: 0, attempt: one }),
);
const lines = [...settled, { claimed: 'a', attempt: 5, at: 1, owner: 'me' }].map((entry) =>
  encodeLine(entry, 0),
);
const starts = lines.map((_, index) => Buffer.concat(lines.slice(0, index)).length);

function written(name: string, change: (bytes: Buffer) => void = () => {}): string {
  const file = join(folder.path, name);
  const bytes = Buffer.concat(lines);
  change(bytes);
  writeFileSync(file, bytes);
  return file;
}

test('attempts are read from any lines, in any order, however long, also of a file that is gone by then', () => {
  const file = written('whole');
  using reader = openLines(file);
  rmSync(file);
  const backwards = [3, 2, 1, 0, 3];
  assert.deepEqual(
    reader.attempts(backwards.map((index) => starts[index] ?? 0)),
    backwards.map((index) => made[index]),
  );
  assert.deepEqual(reader.attempts([]), []);
});

for (const [what, start, change] of [
  ['a bit', 0, (bytes: Buffer) => bytes.writeUInt8(bytes.readUInt8(30) ^ 1, 30)],
  ['its newline', 0, (bytes: Buffer) => bytes.writeUInt8(0x20, (starts[1] ?? 0) - 1)],
  ['a bit of a long one', 3, (bytes: Buffer) => bytes.writeUInt8(0x21, (starts[4] ?? 0) - 90)],
] as const) {
  test(`a line that lost ${what} is damage, not an attempt less`, () => {
    const file = written(what, change);
    using reader = openLines(file);
    assert.throws(() => reader.attempts([starts[start] ?? 0]), {
      code: 'STATE_DAMAGED',
      message: new RegExp(file),
    });
  });
}

test('a line of something else, or beyond the end, is damage', () => {
  using reader = openLines(written('other'));
  for (const start of [starts[4] ?? 0, 1, 1e9]) {
    assert.throws(() => reader.attempts([start]), { code: 'STATE_DAMAGED' });
  }
});

test('a file that cannot be opened is told by its name', () => {
  const file = join(folder.path, 'missing');
  assert.throws(() => openLines(file), {
    code: 'STATE_UNAVAILABLE',
    message: new RegExp(`^${file}: ENOENT`),
  });
});
