import { basename } from 'node:path';
import type { PollhookError } from '../../errors.ts';
import type { BatchIndex } from './batch.ts';
import { damagedFile } from './document.ts';
import type { Layout } from './layout.ts';
import type { Place } from './ledger.ts';
import type { DatedNote } from './notes.ts';
import type { Logged } from './segment.ts';
import type { SourceHead } from './snapshot.ts';

export interface FoundBatch extends Place {
  readonly index: BatchIndex;
}

export interface FoundSegment {
  readonly number: number;
  readonly format: number;
  /** End of its valid part. */
  readonly length: number;
  readonly entries: readonly Logged[];
}

export interface Problem {
  readonly file: string;
  readonly error: PollhookError;
}

/** The documents that were read. */
export interface Found {
  readonly identity: string | null;
  readonly heads: ReadonlyMap<string, SourceHead>;
  readonly history: readonly FoundBatch[];
  readonly spool: readonly FoundBatch[];
  readonly segment: FoundSegment | null;
  readonly notes: readonly DatedNote[];
}

/** The conclusions from all documents. */
export interface Reconciled {
  /** Batches of the history first, then those of the spool, without events that the history has. */
  readonly batches: readonly FoundBatch[];
  readonly notes: readonly DatedNote[];
  /** Leftovers of an interrupted process. */
  readonly leftovers: readonly string[];
  readonly problems: readonly Problem[];
}

/**
 * Compares the documents with each other: which batches are committed, what is a leftover of an interrupted process,
 * and what is damage.
 */
export function reconcile(layout: Layout, found: Found): Reconciled {
  const { identity, heads, history, spool, segment, notes } = found;
  const problems: Problem[] = [];
  const leftovers: string[] = [];
  const claimed = claimedIn(segment);
  const folded = Map.groupBy(history, ({ index }) => index.commit);
  /** Parts of the history that are still in a document of the spool, too. */
  const copies = new Map<FoundBatch, string>();
  const batches: FoundBatch[] = [];

  function report(file: string, reason: string): void {
    problems.push({ file, error: damagedFile(file, reason) });
  }

  for (const batch of [...history, ...spool]) {
    const { file, index } = batch;
    const counted = heads.get(index.source)?.sequence ?? 0;
    if (lastOf(index) <= counted) {
      if (batch.folded) continue;
      const parts = (folded.get(index.commit) ?? []).filter((part) => isPartOf(part, batch));
      const left = without(batch, parts);
      if (left.index.events.length === 0) leftovers.push(file);
      else {
        batches.push(left);
        for (const part of parts) copies.set(part, file);
      }
    } else if (!batch.folded && isNext(index, counted, claimed)) {
      leftovers.push(file);
    } else {
      report(layout.source(index.source), `it does not count the events of ${basename(file)}, or is missing`);
    }
  }
  for (const { source, revision } of notes) {
    if (revision > 0 && !heads.has(source)) report(layout.source(source), 'it is missing');
  }
  const any = heads.size + spool.length + history.length + notes.length + (segment?.entries.length ?? 0) > 0;
  if (identity === null && any) report(layout.state, 'it is missing, and the folder holds a state');
  const archived = history.map((batch) => ({ ...batch, copy: copies.get(batch) ?? null }));
  return { batches: [...archived, ...batches], notes, leftovers, problems };
}

/** Whether a batch belongs to a commit that was not completed: none of it was ever claimed. */
function isNext({ events, deliveries }: BatchIndex, counted: number, claimed: ReadonlySet<string>): boolean {
  return events[0]?.sequence === counted + 1 && !deliveries.some(({ id }) => claimed.has(id));
}

function claimedIn(segment: FoundSegment | null): ReadonlySet<string> {
  const claimed = segment?.entries.flatMap(({ entry }) =>
    'claimed' in entry ? entry.claimed : 'marked' in entry ? entry.marked : [],
  );
  return new Set(claimed);
}

function isPartOf({ index: part }: FoundBatch, { index: whole }: FoundBatch): boolean {
  const sequences = new Set(whole.events.map(({ sequence }) => sequence));
  return part.source === whole.source && part.events.some(({ sequence }) => sequences.has(sequence));
}

function lastOf({ events }: BatchIndex): number {
  return events.at(-1)?.sequence ?? 0;
}

/** A batch without the parts that were folded into the history already; its document is removed after the last part. */
function without(batch: FoundBatch, parts: readonly FoundBatch[]): FoundBatch {
  if (parts.length === 0) return batch;
  const folded = new Set(parts.flatMap(({ index }) => index.events.map(({ sequence }) => sequence)));
  const events = batch.index.events.filter(({ sequence }) => !folded.has(sequence));
  const deliveries = batch.index.deliveries.filter(({ event }) => !folded.has(event));
  return { ...batch, index: { ...batch.index, events, deliveries } };
}
