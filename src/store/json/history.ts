import { setImmediate as nextTurn } from 'node:timers/promises';
import { Low } from 'lowdb';
import type { Attempt } from '../../model.ts';
import type { Retention } from '../contract.ts';
import { durable, readDocument, remove, type Shelf } from './adapter.ts';
import { type Batch, batchCodec, type StoredDelivery, withAttempts } from './batch.ts';
import type { Journal } from './journal.ts';
import type { Layout } from './layout.ts';
import { isFinished, type Ledger, nameOf, type OwedDelivery, type OwedEvent } from './ledger.ts';
import type { Library } from './library.ts';

/** Events in a document of the history, and in one step of folding or removing. */
const STEP = 250;
/** Events that are gathered at a stretch: a few milliseconds if each has all the attempts that are kept. */
const STRETCH = 25;

export interface HistoryOptions extends Shelf {
  readonly layout: Layout;
  readonly ledger: Ledger;
  readonly library: Library;
  readonly journal: Journal;
  /** Number of the newest document. */
  readonly archive: number;
  /** Deliveries left the ledger. */
  readonly forgotten: (deliveries: readonly OwedDelivery[]) => void;
}

/** One step of retention; true if there may be more to do. */
export type Retain = (limits: Retention) => Promise<boolean>;

/**
 * Finished batches are folded into documents of the history, 250 events at a time, so that neither files nor the journal
 * grow with what is over; from there, events that are past their retention are removed. In a batch that still owes something
 * they are removed where they are.
 */
export function createHistory(options: HistoryOptions): Retain {
  const { layout, ledger, library, forgotten, disk, guard } = options;
  const shelf: Shelf = { disk, guard };
  let archive = options.archive;

  return async (limits) => {
    const expired = expiredOf(ledger.events, limits);
    const finished = finishedBatches(ledger.events);
    // What is folded of a batch must stay until all of it is: its document in the spool would bring it back.
    const halfFolded = new Set(finished.map(([event]) => event?.commit));
    const removable = expired.filter(({ commit }) => !halfFolded.has(commit));
    const [first] = removable;
    if (first) {
      await removeFrom(first, removable);
      return true;
    }
    const waiting = finished.reduce((sum, { length }) => sum + length, 0);
    if (expired.length === 0 && waiting < STEP) return false;
    await fold(finished);
    return true;
  };

  /** Their document first, then the batches go: in between, the history counts. */
  async function fold(finished: readonly (readonly OwedEvent[])[]): Promise<void> {
    const parts: OwedEvent[][] = [];
    let room = STEP;
    for (const batch of finished) {
      if (room === 0) break;
      parts.push(batch.slice(0, room));
      room -= Math.min(room, batch.length);
    }
    const folded = parts.flat();
    const lines = await gather(folded);
    archive += 1;
    const file = layout.archive(archive);
    const batches = parts.map((part) => toHistory(part, lines));
    await new Low(durable(shelf, file, batchCodec('history')), batches).write();
    const emptied = parts.flatMap((part, index) =>
      part.length === finished[index]?.length ? (part[0]?.file ?? []) : [],
    );
    for (const event of folded) {
      event.file = file;
      event.folded = true;
      for (const delivery of event.deliveries) delivery.lines = [];
    }
    for (const batch of emptied) library.forget(batch);
    await remove(shelf, emptied);
  }

  /** The lines of events with the attempts of their deliveries. */
  async function gather(events: readonly OwedEvent[]): Promise<ReadonlyMap<OwedEvent, Buffer>> {
    using journal = options.journal.reader();
    // Now: a compaction may come between two stretches, and gives other places in another segment.
    const places = events.map(({ deliveries }) => deliveries.map(({ id, lines }) => [id, lines] as const));
    const lines = new Map<OwedEvent, Buffer>();
    for (const [index, event] of events.entries()) {
      if (index % STRETCH === STRETCH - 1) await nextTurn();
      const attempts = places[index]?.map(([id, at]): [string, Attempt[]] => [id, journal.attempts(at)]);
      lines.set(event, withAttempts(library.line(event), attempts));
    }
    return lines;
  }

  /** Removes, of the document that holds the first, all that can go. */
  async function removeFrom({ file, folded }: OwedEvent, removable: readonly OwedEvent[]): Promise<void> {
    const gone = new Set(removable.filter((event) => event.file === file));
    const kept = new Set(
      ledger.events
        .filter((event) => event.file === file && !gone.has(event))
        .map(({ source, sequence }) => nameOf(source, sequence)),
    );
    const codec = batchCodec(folded ? 'history' : 'batch');
    const batches = kept.size > 0 ? readDocument(file, codec) : null;
    // Before the file changes: nobody may look for them there.
    ledger.remove(gone);
    forgotten([...gone].flatMap(({ deliveries }) => deliveries));
    if (batches) {
      const left = batches.map((batch) => only(batch, kept)).filter(({ events }) => events.length > 0);
      await new Low(durable(shelf, file, codec), left).write();
    } else {
      await remove(shelf, [file]);
    }
    library.forget(file);
  }
}

function expiredOf(events: readonly OwedEvent[], limits: Retention): readonly OwedEvent[] {
  let beyond = events.length > limits.maxEvents ? events.filter(isFinished).length - limits.maxEvents : 0;
  return events.filter((event) => {
    if (!isFinished(event)) return false;
    beyond -= 1;
    return beyond >= 0 || isPast(event, limits);
  });
}

/** Each of its deliveries has its own time; an event that nobody is owed counts as delivered when it was committed. */
function isPast({ created, deliveries }: OwedEvent, { now, delivered, dead }: Retention): boolean {
  if (deliveries.length === 0) return created < now - delivered;
  return deliveries.every(
    ({ state, finished }) => (finished ?? now) < now - (state === 'dead' ? dead : delivered),
  );
}

/** Batches of the spool that owe nothing any more, oldest first; of each what is not folded yet. */
function finishedBatches(events: readonly OwedEvent[]): OwedEvent[][] {
  const batches = new Map<string, OwedEvent[]>();
  for (const event of events) {
    if (event.folded) continue;
    const batch = batches.get(event.file);
    if (batch) batch.push(event);
    else batches.set(event.file, [event]);
  }
  return [...batches.values()].filter((batch) => batch.every(isFinished));
}

function toHistory(events: readonly OwedEvent[], lines: ReadonlyMap<OwedEvent, Buffer>): Batch {
  const { source, commit, created } = events[0] as OwedEvent;
  return {
    source,
    commit,
    created,
    events: events.map(({ sequence, key }) => ({ sequence, key })),
    deliveries: events.flatMap(({ deliveries }) => deliveries.map(stored)),
    lines: events.flatMap((event) => lines.get(event) ?? []),
  };
}

function stored({ id, event, webhook, place, ...delivery }: OwedDelivery): StoredDelivery {
  const { state, attempts, steps, nextAttempt, lastStatus, finished } = delivery;
  const settled = { state, attempts, steps, nextAttempt, lastStatus, finished: finished ?? event.created };
  return { id, event: event.sequence, webhook, place, settled };
}

function only({ lines, ...index }: Batch, kept: ReadonlySet<string>): Batch {
  const stays = index.events.map(({ sequence }) => kept.has(nameOf(index.source, sequence)));
  const sequences = new Set(index.events.filter((_, at) => stays[at]).map(({ sequence }) => sequence));
  return {
    ...index,
    events: index.events.filter((_, at) => stays[at]),
    deliveries: index.deliveries.filter(({ event }) => sequences.has(event)),
    lines: lines.filter((_, at) => stays[at]),
  };
}
