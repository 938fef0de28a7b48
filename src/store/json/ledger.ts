import type { DeliveryState } from '../../model.ts';
import { keptAttempts, NEWEST_ATTEMPTS } from '../attempts.ts';
import type { BatchIndex, Settled } from './batch.ts';
import type { ClaimEntry, SettleEntry } from './segment.ts';

/** What memory holds of the events that are kept: all but their bodies and attempts, some 400 bytes each. */
export interface Ledger {
  /** Both in the order of commits. */
  readonly events: readonly OwedEvent[];
  readonly deliveries: readonly OwedDelivery[];
  /** Number of the newest batch. */
  readonly commit: number;
  delivery(id: string): OwedDelivery | undefined;
  /** @param folded whether `file` is one of the history. Gives what it added, in the order of commits. */
  add(index: BatchIndex, file: string, folded: boolean): readonly OwedDelivery[];
  /** Puts into the order of commits what was added in another. */
  sort(): void;
  remove(events: ReadonlySet<OwedEvent>): void;
}

export interface OwedEvent {
  readonly source: string;
  readonly commit: number;
  readonly created: number;
  readonly sequence: number;
  readonly key: string | null;
  deliveries: readonly OwedDelivery[];
  /** The document that holds it. */
  file: string;
  /** Whether that is one of the history. */
  folded: boolean;
}

export interface OwedDelivery {
  readonly id: string;
  readonly event: OwedEvent;
  readonly webhook: string;
  readonly place: number;
  state: DeliveryState;
  attempts: number;
  steps: number;
  nextAttempt: number;
  lastStatus: number | null;
  /** When it was claimed; null while nobody attempts it. */
  claimed: number | null;
  /** When it was settled for good. */
  finished: number | null;
  /** Where the journal tells of the attempts that are kept; empty once folded. */
  lines: readonly number[];
}

/** Most deliveries were never attempted: they share one empty list. */
const NO_LINES: readonly number[] = [];

export function createLedger(): Ledger {
  let events: OwedEvent[] = [];
  let deliveries: OwedDelivery[] = [];
  let commit = 0;
  const byId = new Map<string, OwedDelivery>();

  return {
    get events() {
      return events;
    },
    get deliveries() {
      return deliveries;
    },
    get commit() {
      return commit;
    },
    delivery: (id) => byId.get(id),

    add(index, file, folded) {
      commit = Math.max(commit, index.commit);
      const { source, created } = index;
      const bySequence = new Map<number, OwedEvent>();
      for (const { sequence, key } of index.events) {
        const event: OwedEvent = {
          source,
          commit: index.commit,
          created,
          sequence,
          key,
          deliveries: [],
          file,
          folded,
        };
        bySequence.set(sequence, event);
        events.push(event);
      }
      return index.deliveries.map(({ id, event: sequence, webhook, place, settled }) => {
        const event = bySequence.get(sequence);
        if (!event) throw new RangeError(`${file}: delivery ${id} names an event that is not there`);
        const { state, attempts, steps, nextAttempt, lastStatus, finished } = settled ?? UNTOUCHED;
        const delivery: OwedDelivery = {
          id,
          event,
          webhook,
          place,
          state,
          attempts,
          steps,
          nextAttempt,
          lastStatus,
          claimed: null,
          finished,
          lines: NO_LINES,
        };
        // Not by push, which makes room for sixteen more.
        event.deliveries = [...event.deliveries, delivery];
        deliveries.push(delivery);
        byId.set(id, delivery);
        return delivery;
      });
    },

    sort() {
      events.sort((a, b) => a.commit - b.commit || a.sequence - b.sequence);
      deliveries.sort(inOrder);
    },

    remove(gone) {
      for (const { deliveries } of gone) for (const { id } of deliveries) byId.delete(id);
      events = events.filter((event) => !gone.has(event));
      deliveries = deliveries.filter(({ event }) => !gone.has(event));
    },
  };
}

/** Tells an event from those of all sources. */
export function nameOf(source: string, sequence: number): string {
  return `${source}/${sequence}`;
}

/** Compares by the order in which deliveries were committed. */
export function inOrder(a: OwedDelivery, b: OwedDelivery): number {
  return a.event.commit - b.event.commit || a.place - b.place;
}

export function isFinished({ deliveries }: OwedEvent): boolean {
  return deliveries.every(({ finished }) => finished !== null);
}

/** Applies what the journal says of an attempt, now or when it is read again. */
export function applySettlement(delivery: OwedDelivery, entry: SettleEntry, line: number): void {
  delivery.claimed = null;
  delivery.state = entry.state;
  delivery.steps = entry.steps;
  delivery.nextAttempt = entry.nextAttempt;
  // Nothing was heard of an attempt whose outcome is unknown.
  if (entry.attempt.outcome !== 'unknown') delivery.lastStatus = entry.attempt.status;
  if (entry.state !== 'pending') delivery.finished = entry.at;
  delivery.lines = keptAttempts([...delivery.lines, line]);
}

/** Whether the journal must still tell this, which it tells at `line`. */
export function isOfUse(ledger: Ledger, entry: ClaimEntry | SettleEntry, line: number): boolean {
  const delivery = ledger.delivery('claimed' in entry ? entry.claimed : entry.settled);
  if (!delivery || delivery.event.folded) return false;
  if ('settled' in entry) return delivery.lines.includes(line);
  return entry.attempt === 1 || entry.attempt >= delivery.attempts - NEWEST_ATTEMPTS;
}

const UNTOUCHED: Omit<Settled, 'finished'> & { readonly finished: null } = {
  state: 'pending',
  attempts: 0,
  steps: 0,
  nextAttempt: 0,
  lastStatus: null,
  finished: null,
};
