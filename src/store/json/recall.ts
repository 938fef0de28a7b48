import type { WebhookState } from '../../model.ts';
import { applySettlement, createLedger, type Ledger } from './ledger.ts';
import type { DatedNote } from './notes.ts';
import type { Entry } from './segment.ts';
import type { Survey } from './survey.ts';

/** What the documents of a folder come to. Deliveries whose claim nobody settled are still claimed. */
export interface Recalled {
  readonly ledger: Ledger;
  /** How the webhooks stand, by name. */
  readonly standing: Map<string, WebhookState>;
  readonly notes: Map<string, DatedNote>;
}

export function recall(found: Survey): Recalled {
  const ledger = createLedger();
  for (const { file, folded, index } of found.batches) ledger.add(index, file, folded);
  ledger.sort();
  const standing = new Map<string, WebhookState>();
  for (const { entry, start } of found.segment?.entries ?? []) replay(ledger, standing, entry, start);
  return { ledger, standing, notes: currentNotes(found) };
}

function replay(ledger: Ledger, standing: Map<string, WebhookState>, entry: Entry, line: number): void {
  if ('webhook' in entry) {
    standing.set(entry.webhook.name, entry.webhook);
    return;
  }
  const delivery = ledger.delivery('claimed' in entry ? entry.claimed : entry.settled);
  // What was folded is settled, and what was removed is gone.
  if (!delivery || delivery.event.folded) return;
  if ('claimed' in entry) {
    delivery.claimed = entry.at;
    delivery.attempts = entry.attempt;
  } else {
    applySettlement(delivery, entry, line);
  }
}

/** The note of a commit stands in the source's document, later ones in their own. */
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
