import { setImmediate as nextTurn } from 'node:timers/promises';
import { Low } from 'lowdb';
import type { Attempt } from '../../model.ts';
import { keptAttempts } from '../attempts.ts';
import type { Retention } from '../contract.ts';
import { durable, readDocument, remove, type Shelf } from './adapter.ts';
import { type Batch, batchCodec, indexed, type StoredDelivery, withAttempts } from './batch.ts';
import type { Journal } from './journal.ts';
import type { Layout } from './layout.ts';
import { isFinished, type Ledger, nameOf, type OwedDelivery, type OwedEvent } from './ledger.ts';
import type { Library } from './library.ts';
import { isDone, mayFold, NOTHING_TO_DO, planFor } from './plan.ts';

/** Events of a document of the history, and of one step of folding or removing. */
const STEP = 250;
/** Events that are read before the event loop gets a turn: a few milliseconds if each has all kept attempts. */
const STRETCH = 25;

export interface HistoryOptions extends Shelf {
  readonly layout: Layout;
  readonly ledger: Ledger;
  readonly library: Library;
  readonly journal: Journal;
  /** Number of the newest document. */
  readonly archive: number;
  /** Called with deliveries that were removed from the ledger. */
  readonly forgotten: (deliveries: readonly OwedDelivery[]) => void;
}

/** One step of retention; true if there may be more to do. */
export type Retain = (limits: Retention) => Promise<boolean>;

/**
 * Folds finished batches into documents of the history, 250 events at a time, so that neither the number of files nor
 * the journal grows with finished events; events past their retention are removed from there. In a batch with pending
 * deliveries they are removed in place. Deliveries that are revived later are tracked by the journal until they are
 * finished and their document is rewritten.
 */
export function createHistory(options: HistoryOptions): Retain {
  const { layout, ledger, library, forgotten, disk, guard } = options;
  const shelf: Shelf = { disk, guard };
  let archive = options.archive;
  let plan = NOTHING_TO_DO;
  /** The limits that the plan was made for. */
  let planned: Retention | null = null;
  /** Events of the history that are still in a document of the spool, too. */
  const copies = Map.groupBy(
    ledger.events.filter(({ copy }) => copy !== null),
    ({ copy }) => copy ?? '',
  );

  return async (limits) => {
    if (isDone(plan, STEP) || !isSame(limits, planned)) plan = await planFor(ledger.events, limits);
    planned = limits;
    const more = !isDone(plan, STEP);
    if (more) await step();
    if (isDone(plan, STEP)) plan = NOTHING_TO_DO;
    return more;
  };

  async function step(): Promise<void> {
    const removable = plan.remove.shift();
    if (removable) await removeFrom(removable);
    else if (mayFold(plan, STEP)) await fold();
    else await refold(plan.refold.shift() ?? []);
  }

  /** The oldest batches of the plan that are still finished. */
  async function fold(): Promise<void> {
    const parts: OwedEvent[][] = [];
    const emptied: string[] = [];
    for (let room = STEP; room > 0; ) {
      const batch = plan.fold.shift();
      if (!batch) break;
      plan.waiting -= batch.length;
      if (!batch.every(isFinished)) continue;
      parts.push(batch.slice(0, room));
      const rest = batch.slice(room);
      if (rest.length === 0) emptied.push(batch[0]?.file ?? '');
      else {
        plan.fold.unshift(rest);
        plan.waiting += rest.length;
      }
      room -= batch.length;
    }
    if (parts.length > 0) await write(parts, emptied);
  }

  /** Writes the document of the history first, then removes the batches: in between, the history counts. */
  async function write(parts: readonly OwedEvent[][], emptied: readonly string[]): Promise<void> {
    archive += 1;
    const file = layout.archive(archive);
    await bind(file, parts);
    for (const event of parts.flat()) {
      event.copy = event.file;
      event.file = file;
      event.folded = true;
      const others = copies.get(event.copy);
      if (others) others.push(event);
      else copies.set(event.copy, [event]);
    }
    await discard(emptied);
  }

  /** Removes folded events from a document of the spool. */
  function forgetCopies(file: string): void {
    for (const event of copies.get(file) ?? []) event.copy = null;
    copies.delete(file);
  }

  /** Removes documents. */
  async function discard(files: readonly string[]): Promise<void> {
    for (const file of files) library.forget(file);
    await remove(shelf, files);
    for (const file of files) forgetCopies(file);
  }

  /** Rewrites a document of the history with the current states of its events. */
  async function refold(events: readonly OwedEvent[]): Promise<void> {
    const kept = events.filter(({ gone }) => !gone);
    const [first] = kept;
    if (!first || !kept.every(isFinished)) return;
    await bind(first.file, [...Map.groupBy(kept, ({ commit }) => commit).values()]);
    library.forget(first.file);
  }

  /** Writes batches into a document of the history, to which their events belong from now on. */
  async function bind(file: string, parts: readonly (readonly OwedEvent[])[]): Promise<void> {
    const events = parts.flat();
    const lines = await gather(events);
    const batches = parts.map((part) => toHistory(part, lines));
    await new Low(durable(shelf, file, batchCodec('history')), batches).write();
    for (const delivery of events.flatMap(({ deliveries }) => deliveries)) {
      delivery.lines = [];
      delivery.markLines = [];
      delivery.foldedAttempts = delivery.attempts;
      delivery.foldedMarks = delivery.marks;
    }
  }

  /** The lines of events with the attempts of their deliveries. */
  async function gather(events: readonly OwedEvent[]): Promise<ReadonlyMap<OwedEvent, Buffer>> {
    using journal = options.journal.reader();
    // Opened now, since a compaction in between changes segment and offsets.
    const places = events.map(({ deliveries }) => deliveries.map(({ lines }) => lines));
    const lines = new Map<OwedEvent, Buffer>();
    for (const [index, event] of events.entries()) {
      if (index % STRETCH === STRETCH - 1) await nextTurn();
      const attempts = event.deliveries.map((delivery, at): [string, readonly Attempt[]] => {
        const before = event.folded ? library.attempts(delivery) : [];
        const since = journal.attempts(places[index]?.[at] ?? []);
        return [delivery.id, keptAttempts([...before, ...since])];
      });
      lines.set(event, withAttempts(library.line(event), attempts));
    }
    return lines;
  }

  /** Removes the expired events of one document. */
  async function removeFrom(events: readonly OwedEvent[]): Promise<void> {
    const gone = new Set(events.filter(isFinished));
    const [first] = gone;
    if (!first) return;
    const { file, folded } = first;
    const left = plan.files.get(file)?.events.filter((event) => !event.gone && !gone.has(event)) ?? [];
    const kept = new Set(left.map(({ source, sequence }) => nameOf(source, sequence)));
    const codec = batchCodec(folded ? 'history' : 'batch');
    const batches = kept.size > 0 ? readDocument(file, codec) : null;
    // Before the file changes, so that nobody looks for them there.
    ledger.remove(gone);
    forgotten([...gone].flatMap(({ deliveries }) => deliveries));
    if (batches) {
      const rest = batches.map((batch) => only(batch, kept)).filter(({ events }) => events.length > 0);
      await new Low(durable(shelf, file, codec), rest).write();
      library.forget(file);
      forgetCopies(file);
    } else {
      await discard([file]);
    }
  }
}

function isSame(a: Retention, b: Retention | null): boolean {
  return a.delivered === b?.delivered && a.dead === b.dead && a.maxEvents === b.maxEvents;
}

function toHistory(events: readonly OwedEvent[], lines: ReadonlyMap<OwedEvent, Buffer>): Batch {
  const { source, lineage, commit, created } = events[0] as OwedEvent;
  return {
    source,
    ...(lineage !== source && { lineage }),
    commit,
    created,
    events: events.map(indexed),
    deliveries: events.flatMap(({ deliveries }) => deliveries.map(stored)),
    lines: events.flatMap((event) => lines.get(event) ?? []),
  };
}

function stored(delivery: OwedDelivery): StoredDelivery {
  const { id, event, webhook, place, state, attempts, steps, nextAttempt, lastStatus, batch, marks } =
    delivery;
  const finished = delivery.finished ?? event.created;
  const more = { ...(batch !== null && { batch }), ...(marks > 0 && { marks }) };
  const settled = { state, attempts, steps, nextAttempt, lastStatus, finished, ...more };
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
