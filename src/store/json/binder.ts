import { attemptNumbers, type DeliveryPiece, type EventPiece } from '../pieces.ts';
import {
  type Batch,
  batchCodec,
  eventLine,
  type IndexedEvent,
  indexed,
  type StoredDelivery,
  withAttempts,
} from './batch.ts';
import type { Layout } from './layout.ts';
import { type Entry, encodeLine } from './segment.ts';

/** Events of one document. */
const MOST = 250;

/** Writes events into documents: finished ones into the history, others into batches of the spool. */
export interface Binder {
  add(piece: EventPiece): Promise<void>;
  /** Writes what is not yet in a document. */
  finish(): Promise<void>;
  /** Entries for the journal about deliveries of batches in the spool. */
  readonly journal: readonly Buffer[];
}

type Put = (file: string, kind: 'batch' | 'history', lines: Buffer[]) => Promise<void>;

interface Open extends Batch {
  readonly events: IndexedEvent[];
  readonly deliveries: StoredDelivery[];
  readonly lines: Buffer[];
}

export function createBinder(layout: Layout, put: Put): Binder {
  const journal: Buffer[] = [];
  let commit = 0;
  let archive = 0;
  let before: EventPiece | null = null;
  /** Batches of the next document of the history. */
  let folded: Open[] = [];
  /** The next batch of the spool. */
  let owed: Open | null = null;

  async function writeFolded(): Promise<void> {
    if (folded.length === 0) return;
    archive += 1;
    await put(layout.archive(archive), 'history', batchCodec('history').encode(folded));
    folded = [];
  }

  async function writeOwed(): Promise<void> {
    const [first, last] = [owed?.events[0], owed?.events.at(-1)];
    if (!owed || !first || !last) return;
    const file = layout.batch(owed.source, first.sequence, last.sequence);
    await put(file, 'batch', batchCodec('batch').encode([owed]));
    owed = null;
  }

  function begin({ event: { source }, lineage, created }: EventPiece): Open {
    const other = lineage === source ? {} : { lineage };
    return { source, ...other, commit, created, events: [], deliveries: [], lines: [] };
  }

  async function addFinished(piece: EventPiece, finished: number): Promise<void> {
    if (folded.reduce((sum, { events }) => sum + events.length, 0) >= MOST) await writeFolded();
    let batch = folded.at(-1);
    if (batch?.commit !== commit) {
      batch = begin(piece);
      folded.push(batch);
    }
    const { event, deliveries } = piece;
    batch.events.push(indexed(event));
    batch.lines.push(
      withAttempts(
        eventLine(event),
        deliveries.map(({ id, attempts }) => [id, attempts]),
      ),
    );
    for (const {
      id,
      webhook,
      rank,
      made,
      attempts: _,
      requeued: _never,
      batch: request,
      ...outcome
    } of deliveries) {
      const settled = { ...outcome, attempts: made, finished, ...(request !== null && { batch: request }) };
      batch.deliveries.push({ id, event: event.sequence, webhook, place: rank, settled });
    }
  }

  async function addOwed(piece: EventPiece): Promise<void> {
    if (owed && (owed.commit !== commit || owed.events.length >= MOST)) await writeOwed();
    owed ??= begin(piece);
    const { event, deliveries } = piece;
    owed.events.push(indexed(event));
    owed.lines.push(eventLine(event));
    for (const delivery of deliveries) {
      const { id, webhook, rank } = delivery;
      owed.deliveries.push({ id, event: event.sequence, webhook, place: rank });
      journal.push(...entriesOf(delivery).map((entry) => encodeLine(entry, 0)));
    }
  }

  return {
    journal,
    async add(piece) {
      // Commits of one source in the same millisecond may be merged.
      if (!before || !isOfOne(piece, before)) commit += 1;
      before = piece;
      if (piece.finished === null) await addOwed(piece);
      else await addFinished(piece, piece.finished);
    },
    async finish() {
      await writeFolded();
      await writeOwed();
    },
  };
}

function isOfOne({ event, lineage, created }: EventPiece, other: EventPiece): boolean {
  return event.source === other.event.source && lineage === other.lineage && created === other.created;
}

/**
 * Journal entries that lead to the state of a delivery: a claim and a settlement per attempt, and a mark for what no
 * attempt explains.
 */
function entriesOf(delivery: DeliveryPiece): Entry[] {
  const { id, state, nextAttempt, attempts, requeued } = delivery;
  const entries = attemptEntries(delivery);
  if (requeued || (attempts.length === 0 && nextAttempt > 0)) {
    const again = requeued ? { requeued } : {};
    entries.unshift({ marked: id, mark: 1, at: nextAttempt, state: 'pending', ...again });
  }
  if (state === 'dropped' || state === 'superseded') {
    entries.push({ marked: id, mark: 2, at: attempts.at(-1)?.at ?? 0, state });
  }
  return entries;
}

function attemptEntries(delivery: DeliveryPiece): Entry[] {
  const { id, state, steps, nextAttempt, batch, attempts } = delivery;
  const numbers = attemptNumbers(delivery);
  const together = batch === null ? {} : { batch };
  return attempts.flatMap((attempt, index): Entry[] => [
    { claimed: id, attempt: numbers[index] ?? 1, at: attempt.at, owner: 'copy', ...together },
    {
      settled: id,
      at: Math.round(attempt.at + attempt.duration),
      state: index === attempts.length - 1 && (state === 'delivered' || state === 'dead') ? state : 'pending',
      steps,
      nextAttempt,
      attempt,
    },
  ]);
}
