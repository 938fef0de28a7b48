import { closeSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { Attempt, ChangeEvent, Delivery } from '../../model.ts';
import { ifThere, readDocument, readIfThere } from './adapter.ts';
import { batchCodec, readAttempts, readEvent } from './batch.ts';
import { damagedFile } from './document.ts';
import { nameOf, type OwedDelivery, type OwedEvent } from './ledger.ts';

/** Bytes of documents that are kept for the next claims: those of one batch mostly follow each other. */
const ROOM = 16_000_000;
/** Bytes from which on the offsets of a document's lines outlive it in memory: reading all of it takes milliseconds. */
const LARGE = 65_536;

const batch = batchCodec('batch');
const archive = batchCodec('history');

/** Reads bodies and old attempts from the documents of spool and history. */
export interface Library {
  event(owed: OwedEvent): ChangeEvent;
  /** Attempts of a delivery that was folded into the history. */
  attempts(delivery: OwedDelivery): readonly Attempt[];
  /** The line of an event, as it is stored. */
  line(owed: OwedEvent): Buffer;
  /** The document was changed or removed. */
  forget(file: string): void;
}

interface Document {
  readonly lines: ReadonlyMap<string, Buffer>;
  readonly size: number;
  /** Offset of the file within the buffer that its lines are parts of. */
  readonly start: number;
}

/** The place of a line in its file, and its checksum. */
interface Place {
  readonly at: number;
  readonly length: number;
  readonly sum: number;
}

export function createLibrary(room = ROOM): Library {
  /** Least recently used first. */
  const documents = new Map<string, Document>();
  let held = 0;
  /** The lines of large documents that are no longer held. */
  const places = new Map<string, ReadonlyMap<string, Place>>();

  function release(file: string): void {
    held -= documents.get(file)?.size ?? 0;
    documents.delete(file);
  }

  function open(file: string, folded: boolean): Document {
    const document = documents.get(file) ?? load(file, folded);
    release(file);
    places.delete(file);
    documents.set(file, document);
    held += document.size;
    for (const [name, other] of documents) {
      if (held <= room || name === file) break;
      if (other.size >= LARGE) places.set(name, placesIn(other));
      release(name);
    }
    return document;
  }

  function line({ file, folded, source, sequence }: OwedEvent): Buffer {
    const name = nameOf(source, sequence);
    const place = places.get(file)?.get(name);
    // If the line differs, the document may have been rewritten a moment ago: only all of it shows whether it is damaged.
    const found = (place && readAt(file, place)) ?? open(file, folded).lines.get(name);
    if (!found) throw damagedFile(file, `it no longer holds event ${sequence} of ${source}`);
    return found;
  }

  return {
    line,
    event: (owed) => readEvent(owed.source, line(owed)),
    attempts: ({ id, event }) => readAttempts(line(event), id),
    forget(file) {
      release(file);
      places.delete(file);
    },
  };
}

/** A whole delivery, with its body. */
export function show(library: Library, owed: OwedDelivery): Delivery {
  const { id, webhook, event, state, attempts, steps, nextAttempt, lastStatus, batch } = owed;
  const { created } = event;
  const shown = { id, webhook, event: library.event(event), created };
  return { ...shown, state, attempts, steps, nextAttempt, lastStatus, batch };
}

function load(file: string, folded: boolean): Document {
  let start = 0;
  const batches = readDocument(file, folded ? archive : batch, (name) => {
    const bytes = readIfThere(name);
    start = bytes?.byteOffset ?? 0;
    return bytes;
  });
  if (!batches) throw damagedFile(file, 'it was removed while the state was in use');
  const lines = new Map<string, Buffer>();
  let size = 0;
  for (const { source, events, lines: texts } of batches) {
    for (const [index, { sequence }] of events.entries()) {
      const text = texts[index] as Buffer;
      lines.set(nameOf(source, sequence), text);
      size += text.length;
    }
  }
  return { lines, size, start };
}

function placesIn({ lines, start }: Document): ReadonlyMap<string, Place> {
  const place = (line: Buffer) => ({ at: line.byteOffset - start, length: line.length, sum: crc32(line) });
  return new Map([...lines].map(([name, line]) => [name, place(line)]));
}

/** Null if the file has something else there by now. */
function readAt(file: string, { at, length, sum }: Place): Buffer | null {
  const bytes = Buffer.alloc(length);
  return ifThere(file, () => {
    const descriptor = openSync(file, 'r');
    try {
      readSync(descriptor, bytes, 0, length, at);
    } finally {
      closeSync(descriptor);
    }
    return crc32(bytes) === sum ? bytes : null;
  });
}
