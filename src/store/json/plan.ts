import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Retention } from '../contract.ts';
import { isFinished, isRevised, type OwedEvent } from './ledger.ts';

/** Events that are visited before the event loop gets a turn: a fraction of a millisecond. */
const STRETCH = 5000;

/** The work of retention, document by document. */
export interface Plan {
  /** Events to remove, by document. */
  readonly remove: OwedEvent[][];
  /** Finished batches of the spool, oldest first, without events that were folded already. */
  readonly fold: OwedEvent[][];
  /** Number of their events. */
  waiting: number;
  /** Whether to write a document even if it will not be full. */
  readonly urgent: boolean;
  /** Documents of the history with outdated states of their events. */
  readonly refold: OwedEvent[][];
  readonly files: ReadonlyMap<string, Pick<Document, 'events'>>;
}

/** The kept events of a document. */
interface Document {
  readonly events: OwedEvent[];
  readonly folded: boolean;
  /** Whether none of its deliveries is pending. */
  over: boolean;
  revised: boolean;
}

export const NOTHING_TO_DO: Plan = {
  remove: [],
  fold: [],
  waiting: 0,
  urgent: false,
  refold: [],
  files: new Map(),
};

/** @param room events per document */
export function mayFold({ waiting, urgent }: Plan, room: number): boolean {
  return waiting > 0 && (urgent || waiting >= room);
}

export function isDone(plan: Plan, room: number): boolean {
  return plan.remove.length + plan.refold.length === 0 && !mayFold(plan, room);
}

/** Plans the work by visiting all events once, so that the steps need not. */
export async function planFor(events: readonly OwedEvent[], limits: Retention): Promise<Plan> {
  const files = new Map<string, Document>();
  const finished: OwedEvent[] = [];
  const past = new Set<OwedEvent>();
  for (let at = 0; at < events.length; at += 1) {
    const event = events[at] as OwedEvent;
    if (at % STRETCH === STRETCH - 1) await nextTurn();
    if (event.gone) continue;
    const document = files.get(event.file) ?? {
      events: [],
      folded: event.folded,
      over: true,
      revised: false,
    };
    files.set(event.file, document);
    document.events.push(event);
    document.revised ||= isRevised(event);
    if (!isFinished(event)) {
      document.over = false;
      continue;
    }
    finished.push(event);
    if (isPast(event, limits)) past.add(event);
  }
  for (const event of finished.slice(0, Math.max(0, finished.length - limits.maxEvents))) past.add(event);
  const over = [...files.values()].filter((document) => document.over);
  const batches = over.filter(({ folded }) => !folded).map((document) => document.events);
  const leaving = new Set(batches.map(([first]) => first?.file ?? null));
  const isFoldedFirst = ({ file, copy }: OwedEvent) => leaving.has(file) || leaving.has(copy);
  const expired = [...past];
  const waiting = batches.reduce((sum, { length }) => sum + length, 0);
  return {
    // What is over is folded before it goes: a document at a time is removed, and those of the history are large. What is
    // folded of a batch stays until all of it is: its document in the spool would bring it back.
    remove: byFile(expired.filter((event) => event.copy === null && !isFoldedFirst(event))),
    fold: batches,
    waiting,
    urgent: expired.some(isFoldedFirst),
    refold: over.filter(({ revised }) => revised).map((document) => document.events),
    files,
  };
}

/**
 * Whether all deliveries of an event are past their retention. An event without deliveries counts as delivered when
 * it was committed.
 */
function isPast({ created, deliveries }: OwedEvent, { now, delivered, dead }: Retention): boolean {
  if (deliveries.length === 0) return created < now - delivered;
  return deliveries.every(
    ({ state, finished }) => (finished ?? now) < now - (state === 'dead' ? dead : delivered),
  );
}

function byFile(events: readonly OwedEvent[]): OwedEvent[][] {
  return [...Map.groupBy(events, ({ file }) => file).values()];
}
