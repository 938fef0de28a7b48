import { Low } from 'lowdb';
import type { PollNote, SourceState, StoredRecord } from '../../model.ts';
import { AFTER_RESET, type Commit } from '../contract.ts';
import { durable, type Shelf } from './adapter.ts';
import { batchCodec, eventLine, indexed } from './batch.ts';
import { whenThereIsRoom } from './disk.ts';
import { createKeyedMutex } from './keyed-mutex.ts';
import type { Layout } from './layout.ts';
import type { Ledger, OwedDelivery } from './ledger.ts';
import { createReader } from './reader.ts';
import { carriedTo } from './rename.ts';
import { digestsOf, type SourceDocument, type SourceHead, sourceCodec, splice, textOf } from './snapshot.ts';

/** Digests per batch. */
const DIGESTS = 1000;

/** The documents of the sources, of which only the heads are in memory. */
export interface Sources {
  all(): readonly SourceState[];
  one(name: string): SourceState | null;
  digests(name: string): AsyncIterable<readonly (readonly [key: string, digest: string])[]>;
  values(name: string, keys: Iterable<string>): Promise<ReadonlyMap<string, string>>;
  /** Gives the deliveries that were added to the ledger; null for a conflict. */
  commit(commit: Commit): Promise<readonly OwedDelivery[] | null>;
  /** Empties the document; false if there was nothing to empty. */
  reset(name: string): Promise<boolean>;
  /** @param note of the old name; null if there is none */
  rename(from: string, to: string, note: PollNote | null): Promise<'renamed' | 'absent' | 'occupied'>;
  /** How often the document was written; 0 if there is none. Notes refer to it. */
  revision(name: string): number;
}

export interface SourcesOptions extends Shelf {
  readonly layout: Layout;
  readonly ledger: Ledger;
  /** As read when the state was opened; kept up to date here. */
  readonly heads: Map<string, SourceHead>;
  now(): number;
}

export function createSources({ layout, ledger, heads, now, ...shelf }: SourcesOptions): Sources {
  const mutex = createKeyedMutex();
  const spool = Symbol('spool');

  const reader = createReader();
  /** The documents read last: a poll reads values and then commits, and must not read the document twice. */
  const recent = new Map<string, WeakRef<SourceDocument>>();

  /** Reads and verifies the document: damage must not be written back with a new checksum. */
  async function read(name: string): Promise<Low<SourceDocument>> {
    const known = recent.get(name)?.deref();
    const initial = known ?? { head: heads.get(name) ?? unknown(name), records: [] };
    const adapter = durable(shelf, layout.source(name), sourceCodec, reader);
    const document = new Low<SourceDocument>(adapter, initial);
    if (!known) await shelf.guard.run(layout.source(name), () => whenThereIsRoom(() => document.read()));
    recent.set(name, new WeakRef(document.data));
    return document;
  }

  async function rewrite(name: string, change: (document: SourceDocument) => SourceDocument): Promise<void> {
    const document = await read(name);
    recent.delete(name);
    document.data = change(document.data);
    await document.write();
    heads.set(name, document.data.head);
  }

  async function records(name: string): Promise<Buffer> {
    if (!heads.get(name)?.snapshot) return Buffer.alloc(0);
    return (await read(name)).data.records[0] ?? Buffer.alloc(0);
  }

  async function write(commit: Commit): Promise<readonly OwedDelivery[]> {
    const { source, events, deliveries } = commit;
    if (events.length === 0) {
      await rewrite(source, (document) => withCommit(document, commit));
      return [];
    }
    // One commit at a time over all sources, so that batches appear in the order of their numbers.
    return mutex.run(spool, async () => {
      const first = (heads.get(source)?.sequence ?? 0) + 1;
      const file = layout.batch(source, first, first + events.length - 1);
      const sequences = new Map(events.map(({ id, sequence }) => [id, sequence]));
      const index = {
        source,
        ...lineageOf(heads.get(source)),
        commit: ledger.commit + 1,
        created: now(),
        events: events.map(indexed),
        deliveries: deliveries.map(({ id, event, webhook }, place) => {
          const sequence = sequences.get(event);
          if (sequence === undefined)
            throw new RangeError(`delivery ${id}: its event ${event} is not in the commit`);
          return { id, event: sequence, webhook, place };
        }),
      };
      const batch = new Low(durable(shelf, file, batchCodec('batch')), [
        { ...index, lines: events.map(eventLine) },
      ]);
      await batch.write();
      await rewrite(source, (document) => withCommit(document, commit));
      return ledger.add(index, { file, folded: false, copy: null });
    });
  }

  async function carry(
    from: string,
    to: string,
    note: PollNote | null,
  ): Promise<'renamed' | 'absent' | 'occupied'> {
    if (!heads.get(from)?.snapshot) return 'absent';
    if (heads.get(to)?.snapshot) return 'occupied';
    const { head, records } = (await read(from)).data;
    // Writing the document of the new name is the commit; a leftover of the old one is finished at the next start.
    await rewrite(to, (document) => ({ head: carriedTo(document.head, head, note), records }));
    const left = heads.get(to)?.carried?.left;
    if (left) await rewrite(from, () => ({ head: left, records: [] }));
    return 'renamed';
  }

  return {
    all: () => [...heads.values()].flatMap((head) => stateOf(head) ?? []),
    one: (name) => stateOf(heads.get(name)),
    async *digests(name) {
      yield* digestsOf(await records(name), DIGESTS);
    },
    async values(name, keys) {
      const all = await records(name);
      const found = new Map<string, string>();
      for (const key of keys) {
        const text = textOf(all, key);
        if (text !== null) found.set(key, text);
      }
      return found;
    },
    commit: (commit) =>
      mutex.run(commit.source, async () => {
        const head = heads.get(commit.source);
        if (commit.expected !== (head?.version ?? 0)) return null;
        checkSequence(commit, head?.sequence ?? 0);
        return write(commit);
      }),
    reset: (name) =>
      mutex.run(name, async () => {
        if (!heads.has(name)) return false;
        await rewrite(name, ({ head }) => ({
          head: { ...head, revision: head.revision + 1, snapshot: null, note: null },
          records: [],
        }));
        return true;
      }),
    async rename(from, to, note) {
      // One name after the other, always in the same order: two renames must not wait for each other.
      const [first = '', second = ''] = [from, to].sort();
      return mutex.run(first, () => {
        const rename = () => carry(from, to, note);
        return from === to ? rename() : mutex.run(second, rename);
      });
    },
    revision: (name) => heads.get(name)?.revision ?? 0,
  };
}

function withCommit({ head, records }: SourceDocument, commit: Commit): SourceDocument {
  const { difference, progress, note, events } = commit;
  const start = (difference.replace ? null : records[0]) ?? Buffer.alloc(0);
  const count = difference.replace ? 0 : (head.snapshot?.records ?? 0);
  const edits = new Map<string, StoredRecord | null>();
  for (const key of difference.removes) edits.set(key, null);
  for (const record of difference.upserts) edits.set(record.key, record);
  const { records: runs, growth } = splice(start, edits);
  return {
    head: {
      source: head.source,
      revision: head.revision + 1,
      version: head.version + 1,
      sequence: head.sequence + events.length,
      snapshot: { records: count + growth, progress },
      note,
      ...lineageOf(head),
    },
    records: runs,
  };
}

function checkSequence({ source, events }: Commit, last: number): void {
  for (const [index, { sequence }] of events.entries()) {
    if (sequence !== last + 1 + index) {
      throw new RangeError(`${source}: event ${sequence} follows ${last + index}; sequences have no gaps`);
    }
  }
}

export function stateOf(head: SourceHead | undefined): SourceState | null {
  if (!head) return null;
  const { source, version, sequence, snapshot } = head;
  return {
    ...(snapshot?.progress ?? AFTER_RESET),
    source,
    version,
    sequence,
    records: snapshot?.records ?? 0,
  };
}

function lineageOf(head: SourceHead | undefined): Pick<SourceHead, 'lineage'> {
  return head?.lineage === undefined ? {} : { lineage: head.lineage };
}

function unknown(source: string): SourceHead {
  return { source, revision: 0, version: 0, sequence: 0, snapshot: null, note: null };
}
