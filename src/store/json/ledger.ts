import type { ChangeKind, DeliveryState } from '../../model.ts';
import type { BatchIndex, Settled } from './batch.ts';

/** All kept events in memory, without bodies and attempts: some 600 bytes each. */
export interface Ledger {
  /** Both in the order of commits; some may be `gone`. */
  readonly events: readonly OwedEvent[];
  readonly deliveries: readonly OwedDelivery[];
  /** Number of the newest batch. */
  readonly commit: number;
  event(id: string): OwedEvent | undefined;
  delivery(id: string): OwedDelivery | undefined;
  /** Gives what it added, in the order of commits. */
  add(index: BatchIndex, place: Place): readonly OwedDelivery[];
  /** Puts into the order of commits what was added in another. */
  sort(): void;
  remove(events: Iterable<OwedEvent>): void;
}

/** Where an event is stored. */
export interface Place {
  /** The document that holds it. */
  readonly file: string;
  /** Whether that is one of the history. */
  readonly folded: boolean;
  /** The document of the spool that holds it, too, because not all of its batch is folded yet; null if none does. */
  readonly copy: string | null;
}

export interface OwedEvent extends Place {
  readonly id: string;
  readonly source: string;
  /** Under which name the streams of its deliveries began. */
  readonly lineage: string;
  readonly commit: number;
  readonly created: number;
  readonly sequence: number;
  readonly key: string | null;
  readonly change: ChangeKind;
  readonly type: string;
  deliveries: readonly OwedDelivery[];
  file: string;
  folded: boolean;
  copy: string | null;
  /** No longer kept. */
  gone: boolean;
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
  batch: string | null;
  requeued: boolean;
  /** When it was claimed; null while nobody attempts it. */
  claimed: number | null;
  /** When it was settled for good. */
  finished: number | null;
  /** Where the journal tells of the attempts that are kept; of one that is folded, only of those since. */
  lines: readonly number[];
  /** How often it was marked. */
  marks: number;
  /** Where the journal tells of the newest mark that made it pending, and of one that ended it since. */
  markLines: readonly number[];
  /** What the document of the history has seen: attempts and marks up to these; 0 while it is not folded. */
  foldedAttempts: number;
  foldedMarks: number;
}

/** Most deliveries were never attempted: they share one empty list. */
const NO_LINES: readonly number[] = [];
/** Removed events are dropped from lists in bulk, which makes each removal cheap. */
const LET_GO = 5000;

export function createLedger(): Ledger {
  let events: OwedEvent[] = [];
  let deliveries: OwedDelivery[] = [];
  let commit = 0;
  let gone = 0;
  const eventsById = new Map<string, OwedEvent>();
  const deliveriesById = new Map<string, OwedDelivery>();
  /** Types are few: one string each. */
  const types = new Map<string, string>();

  function addEvent(index: BatchIndex, event: BatchIndex['events'][number], place: Place): OwedEvent {
    const type = types.get(event.type) ?? event.type;
    types.set(type, type);
    const { id, sequence, key, change } = event;
    const { source, lineage = source, commit, created } = index;
    const { file, folded, copy } = place;
    const deliveries: readonly OwedDelivery[] = [];
    const owed: OwedEvent = {
      id,
      source,
      lineage,
      commit,
      created,
      sequence,
      key,
      change,
      type,
      deliveries,
      file,
      folded,
      copy,
      gone: false,
    };
    events.push(owed);
    eventsById.set(id, owed);
    return owed;
  }

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
    event: (id) => eventsById.get(id),
    delivery: (id) => deliveriesById.get(id),

    add(index, place) {
      commit = Math.max(commit, index.commit);
      const bySequence = new Map(
        index.events.map((event) => [event.sequence, addEvent(index, event, place)] as const),
      );
      return index.deliveries.map(({ id, event: sequence, webhook, place: rank, settled }) => {
        const event = bySequence.get(sequence);
        if (!event) throw new RangeError(`${place.file}: delivery ${id} names an event that is not there`);
        const { state, attempts, steps, nextAttempt, lastStatus, finished } = settled ?? UNTOUCHED;
        const batch = settled?.batch ?? null;
        const marks = settled?.marks ?? 0;
        const delivery: OwedDelivery = {
          id,
          event,
          webhook,
          place: rank,
          state,
          attempts,
          steps,
          nextAttempt,
          lastStatus,
          batch,
          requeued: false,
          claimed: null,
          finished,
          lines: NO_LINES,
          marks,
          markLines: NO_LINES,
          foldedAttempts: attempts,
          foldedMarks: marks,
        };
        // Not by push, which makes room for sixteen more.
        event.deliveries = [...event.deliveries, delivery];
        deliveries.push(delivery);
        deliveriesById.set(id, delivery);
        return delivery;
      });
    },

    sort() {
      events.sort((a, b) => a.commit - b.commit || a.sequence - b.sequence);
      deliveries.sort(inOrder);
    },

    remove(removed) {
      for (const event of removed) {
        event.gone = true;
        gone += 1;
        eventsById.delete(event.id);
        for (const { id } of event.deliveries) deliveriesById.delete(id);
      }
      if (gone < LET_GO && gone < events.length / 2) return;
      events = events.filter((event) => !event.gone);
      deliveries = deliveries.filter(({ event }) => !event.gone);
      gone = 0;
    },
  };
}

/** Identifies an event among those of all sources. */
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

/** Whether the state of an event has changed since its document of the history was written. */
export function isRevised({ folded, deliveries }: OwedEvent): boolean {
  return folded && deliveries.some(({ marks, foldedMarks }) => marks > foldedMarks);
}

const UNTOUCHED: Omit<Settled, 'finished'> & { readonly finished: null } = {
  state: 'pending',
  attempts: 0,
  steps: 0,
  nextAttempt: 0,
  lastStatus: null,
  finished: null,
};
