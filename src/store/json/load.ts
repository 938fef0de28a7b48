import { unknownAttempt } from '../attempts.ts';
import type { Store, StoreOptions } from '../contract.ts';
import type { Shelf } from './adapter.ts';
import { applySettlement, isOfUse } from './apply.ts';
import { createArchive } from './archive.ts';
import { createHistory } from './history.ts';
import { createInterventions } from './interventions.ts';
import { type Journal, type Moved, openJournal } from './journal.ts';
import { createKeyedMutex } from './keyed-mutex.ts';
import type { Layout } from './layout.ts';
import type { Ledger } from './ledger.ts';
import { createLibrary } from './library.ts';
import { createNotes } from './notes.ts';
import { createOutbox } from './outbox.ts';
import { recall } from './recall.ts';
import type { FoundSegment } from './reconcile.ts';
import type { SettleEntry } from './segment.ts';
import { createSources } from './sources.ts';
import type { Survey } from './survey.ts';

/** A complete survey of a folder that is a state. */
export interface Whole extends Survey {
  readonly identity: string;
  readonly segment: FoundSegment;
}

/** Builds the store from the survey of a folder, after leftovers were removed. */
export async function load(
  layout: Layout,
  found: Whole,
  { clock, owner }: StoreOptions,
  shelf: Shelf,
): Promise<Store> {
  const { ledger, standing, memos, notes: noted } = recall(found);
  const journal = await openJournal({
    ...shelf,
    layout,
    number: found.segment.number,
    format: found.segment.format,
    length: found.segment.length,
    isOfUse: (entry, line) => isOfUse(ledger, entry, line),
    moved: (lines) => relocate(ledger, lines),
  });
  const interrupted = await recordUnknown(ledger, journal);

  const library = createLibrary();
  const outbox = createOutbox({
    guard: shelf.guard,
    ledger,
    library,
    journal,
    standing,
    memos,
    clock,
    owner,
  });
  outbox.enqueue(ledger.deliveries);
  const heads = new Map(found.heads);
  const sources = createSources({ ...shelf, layout, ledger, heads, now: () => clock.now() });
  const notes = createNotes({ ...shelf, file: layout.polls, clock, notes: noted });
  const retain = createHistory({
    ...shelf,
    layout,
    ledger,
    library,
    journal,
    archive: found.archive,
    forgotten: outbox.forget,
  });
  const interventions = createInterventions(ledger, outbox);
  const archive = createArchive(ledger, library, journal);
  const mutex = createKeyedMutex();
  /** Folding into the history and settling by hand wait for each other. */
  const settled = Symbol('settled');

  const close = async () => {
    await notes.close();
    await journal.close();
  };
  return {
    identity: found.identity,
    interrupted,
    sources: async () => sources.all(),
    source: async (name) => sources.one(name),
    digests: sources.digests,
    values: sources.values,
    async commit(commit) {
      const added = await sources.commit(commit);
      if (!added) return 'conflict';
      outbox.enqueue(added);
      notes.set(commit.source, sources.revision(commit.source), commit.note);
      return 'committed';
    },
    note: (name, note) => notes.set(name, sources.revision(name), note),
    notes: async () => notes.all(),
    async reset(name) {
      await sources.reset(name);
      await notes.remove(name);
    },
    async rename(from, to) {
      const note = notes.all().get(from) ?? null;
      const result = await sources.rename(from, to, note);
      if (result !== 'renamed') return result;
      if (note) notes.set(to, sources.revision(to), note);
      else await notes.remove(to);
      await notes.remove(from);
      return result;
    },
    remember: outbox.remember,
    memos: async () => outbox.memos(),
    claim: outbox.claim,
    settle: (settlements, webhooks = []) => outbox.settle(settlements, webhooks),
    webhooks: async () => outbox.webhooks(),
    backlog: async () => outbox.backlog(),
    revive: (ids) => mutex.run(settled, () => interventions.revive(ids)),
    drop: (ids) => mutex.run(settled, () => interventions.drop(ids)),
    requeue: (request) => mutex.run(settled, () => interventions.requeue(request)),
    ...archive,
    retain: (limits) => mutex.run(settled, () => retain(limits)),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * Records an unknown outcome for claims that were never settled, because the process ended in between. Counts them
 * per webhook.
 */
async function recordUnknown(ledger: Ledger, journal: Journal): Promise<ReadonlyMap<string, number>> {
  const cut = ledger.deliveries.filter(({ claimed }) => claimed !== null);
  const entries = cut.map(
    ({ id, claimed, steps, nextAttempt }): SettleEntry => ({
      settled: id,
      at: claimed ?? 0,
      state: 'pending',
      steps,
      nextAttempt,
      attempt: unknownAttempt(claimed ?? 0),
    }),
  );
  if (cut.length === 0) return new Map();
  await journal.append(entries, (lines) => {
    for (const [index, delivery] of cut.entries()) {
      applySettlement(delivery, entries[index] as SettleEntry, lines[index] as number);
    }
  });
  const byWebhook = Map.groupBy(cut, ({ webhook }) => webhook);
  return new Map([...byWebhook].map(([webhook, deliveries]) => [webhook, deliveries.length]));
}

/** Updates the positions of entries after a compaction of the journal. */
function relocate(ledger: Ledger, lines: readonly Moved[]): void {
  const settled = new Map<string, number[]>();
  const marked = new Map<string, number[]>();
  for (const { entry, from, to } of lines) {
    if ('settled' in entry && isOfUse(ledger, entry, from)) note(settled, entry.settled, to);
    else if ('marked' in entry && isOfUse(ledger, entry, from)) note(marked, entry.marked, to);
  }
  for (const [id, lines] of settled) {
    const delivery = ledger.delivery(id);
    if (delivery) delivery.lines = lines;
  }
  for (const [id, lines] of marked) {
    const delivery = ledger.delivery(id);
    if (delivery) delivery.markLines = lines;
  }
}

function note(places: Map<string, number[]>, id: string, line: number): void {
  const before = places.get(id);
  if (before) before.push(line);
  else places.set(id, [line]);
}
