import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { batchCodec, eventLine, indexed } from '../../../src/store/json/batch.ts';
import { sealDocument } from '../../../src/store/json/document.ts';
import type { OwedEvent } from '../../../src/store/json/ledger.ts';
import { createLibrary } from '../../../src/store/json/library.ts';
import { event } from '../conformance/samples.ts';
import { scratch } from './state.ts';

const folder = scratch();
after(() => folder[Symbol.dispose]());

/** Writes a batch of three events of 40 kB. */
function written(source: string, letter = 'a') {
  const file = join(folder.path, source);
  const events = [1, 2, 3].map((sequence) => ({
    ...event(source, sequence),
    body: JSON.stringify(letter.repeat(40_000 * sequence)),
  }));
  const index = { source, commit: 1, created: 1, events: events.map(indexed), deliveries: [] };
  const lines = batchCodec('batch').encode([{ ...index, lines: events.map(eventLine) }]);
  writeFileSync(file, Buffer.concat(sealDocument('batch', lines)));
  const owed = events.map((one) => ({ ...one, file, folded: false }) as unknown as OwedEvent);
  return { file, events, owed: owed as [OwedEvent, OwedEvent, OwedEvent] };
}

/** With room for one of them. */
function openedWith(...batches: ReturnType<typeof written>[]) {
  const library = createLibrary(300_000);
  for (const { owed } of batches) library.event(owed[0]);
  return library;
}

test('of a large batch that had to go single lines are read, not all of it', () => {
  const [one, other] = [written('one'), written('other')];
  const library = openedWith(one, other);
  const bytes = readFileSync(one.file);
  bytes.write('b', bytes.length - 100);
  writeFileSync(one.file, bytes);
  assert.deepEqual(library.event(one.owed[1]), one.events[1]);
  assert.deepEqual(library.event(one.owed[0]), one.events[0]);
  assert.throws(() => library.event(one.owed[2]), { code: 'STATE_DAMAGED', message: /one: its checksum/ });
  assert.deepEqual(library.event(other.owed[2]), other.events[2]);
});

test('one that was written anew, or removed, since then is read as it is now', () => {
  const [one, other] = [written('one'), written('other')];
  const library = openedWith(one, other);
  const again = written('one', 'é');
  assert.deepEqual(library.event(one.owed[0]), again.events[0]);
  assert.deepEqual(library.event(other.owed[1]), other.events[1]);
  rmSync(other.file);
  assert.throws(() => library.event(other.owed[1]), { code: 'STATE_DAMAGED', message: /removed/ });
});
