import type { Attempt, ChangeEvent, Delivery } from '../../model.ts';
import { readDocument } from './adapter.ts';
import { batchCodec, readAttempts, readEvent } from './batch.ts';
import { damagedFile } from './document.ts';
import { nameOf, type OwedDelivery, type OwedEvent } from './ledger.ts';

/** Bytes of documents that are kept for the next claims: those of one batch mostly follow each other. */
const ROOM = 16_000_000;

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
}

export function createLibrary(): Library {
  /** Least recently used first. */
  const documents = new Map<string, Document>();
  let held = 0;

  function forget(file: string): void {
    held -= documents.get(file)?.size ?? 0;
    documents.delete(file);
  }

  function open(file: string, folded: boolean): Document {
    const document = documents.get(file) ?? load(file, folded);
    forget(file);
    documents.set(file, document);
    held += document.size;
    for (const [other] of documents) {
      if (held <= ROOM || other === file) break;
      forget(other);
    }
    return document;
  }

  function line({ file, folded, source, sequence }: OwedEvent): Buffer {
    const found = open(file, folded).lines.get(nameOf(source, sequence));
    if (!found) throw damagedFile(file, `it no longer holds event ${sequence} of ${source}`);
    return found;
  }

  return {
    line,
    event: (owed) => readEvent(owed.source, line(owed)),
    attempts: ({ id, event }) => readAttempts(line(event), id),
    forget,
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
  const batches = readDocument(file, folded ? archive : batch);
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
  return { lines, size };
}
