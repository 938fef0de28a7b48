import type { JsonObject, WebhookState } from '../../model.ts';
import { applyMark, applySettlement, placeMark } from './apply.ts';
import { createLedger, type Ledger } from './ledger.ts';
import type { DatedNote } from './notes.ts';
import { type DeliveryEntry, deliveryOf } from './segment.ts';
import type { Survey } from './survey.ts';

/**
 * The state in memory that the documents of a folder add up to. Deliveries whose claim was never settled are still
 * claimed.
 */
export interface Recalled {
  readonly ledger: Ledger;
  /** States of webhooks, by name. */
  readonly standing: Map<string, WebhookState>;
  readonly memos: Map<string, JsonObject>;
  readonly notes: Map<string, DatedNote>;
}

export function recall(found: Survey): Recalled {
  const ledger = createLedger();
  for (const { index, ...place } of found.batches) ledger.add(index, place);
  ledger.sort();
  const standing = new Map<string, WebhookState>();
  const memos = new Map<string, JsonObject>();
  for (const { entry, start } of found.segment?.entries ?? []) {
    if ('webhook' in entry) standing.set(entry.webhook.name, entry.webhook);
    else if (!('memo' in entry)) replay(ledger, entry, start);
    else if (entry.value === null) memos.delete(entry.memo);
    else memos.set(entry.memo, entry.value);
  }
  return { ledger, standing, memos, notes: currentNotes(found) };
}

/** Replays an entry of the journal, unless its event was removed or the history already contains it. */
function replay(ledger: Ledger, entry: DeliveryEntry, line: number): void {
  const delivery = ledger.delivery(deliveryOf(entry));
  if (!delivery) return;
  if ('claimed' in entry) {
    if (entry.attempt <= delivery.foldedAttempts) return;
    delivery.claimed = entry.at;
    delivery.attempts = entry.attempt;
    delivery.batch = entry.batch ?? delivery.batch;
  } else if ('settled' in entry) {
    // A settlement of a folded delivery without a claim is older than the fold.
    if (!delivery.event.folded || delivery.claimed !== null) applySettlement(delivery, entry, line);
  } else if (entry.mark > delivery.foldedMarks) {
    applyMark(delivery, entry);
    placeMark(delivery, entry, line);
  }
}

/** The newest note of each source: that of its last commit is in its document, later ones have their own. */
function currentNotes({ heads, notes }: Survey): Map<string, DatedNote> {
  const current = new Map<string, DatedNote>();
  for (const { source, revision, note } of heads.values()) {
    if (note) current.set(source, { source, revision, note });
  }
  for (const dated of notes) {
    if (dated.revision === (heads.get(dated.source)?.revision ?? 0)) current.set(dated.source, dated);
  }
  return current;
}
