import { keptAttempts, NEWEST_ATTEMPTS } from '../attempts.ts';
import type { Ledger, OwedDelivery } from './ledger.ts';
import { type DeliveryEntry, deliveryOf, type MarkEntry, type SettleEntry } from './segment.ts';

/** Applies a settlement of the journal, when it is written or read again. */
export function applySettlement(delivery: OwedDelivery, entry: SettleEntry, line: number): void {
  delivery.claimed = null;
  delivery.state = entry.state;
  delivery.steps = entry.steps;
  delivery.nextAttempt = entry.nextAttempt;
  // An attempt with an unknown outcome has no status.
  if (entry.attempt.outcome !== 'unknown') delivery.lastStatus = entry.attempt.status;
  if (entry.state !== 'pending') {
    delivery.finished = entry.at;
    delivery.requeued = false;
  }
  delivery.lines = keptAttempts([...delivery.lines, line]);
}

/** Applies a mark of the journal, when it is written or read again. */
export function applyMark(delivery: OwedDelivery, { mark, state, at, requeued }: MarkEntry): void {
  delivery.marks = mark;
  delivery.state = state;
  delivery.requeued = requeued === true;
  delivery.finished = state === 'pending' ? null : at;
  if (state !== 'pending') return;
  delivery.steps = 0;
  delivery.nextAttempt = at;
  delivery.batch = null;
}

/** Notes the line of a mark in the journal. */
export function placeMark(delivery: OwedDelivery, { state }: MarkEntry, line: number): void {
  // What ends it follows the one that made it pending, if any did: that one began its schedule, and took it out of a batch.
  delivery.markLines = state === 'pending' ? [line] : [...delivery.markLines, line];
}

/** Whether the journal still needs this entry, which is at `line`. */
export function isOfUse(ledger: Ledger, entry: DeliveryEntry, line: number): boolean {
  const delivery = ledger.delivery(deliveryOf(entry));
  if (!delivery) return false;
  if ('settled' in entry) return delivery.lines.includes(line);
  if ('marked' in entry) return delivery.markLines.includes(line);
  const { attempts, foldedAttempts } = delivery;
  const newest = entry.attempt === foldedAttempts + 1 || entry.attempt >= attempts - NEWEST_ATTEMPTS;
  return entry.attempt > foldedAttempts && newest;
}
