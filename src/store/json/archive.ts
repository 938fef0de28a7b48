import type { Delivery } from '../../model.ts';
import { type Archive, type EventQuery, type KeptEvent, type Page, pageOf, type Slice } from '../archive.ts';
import { keptAttempts } from '../attempts.ts';
import type { Journal } from './journal.ts';
import { inOrder, type Ledger, type OwedDelivery, type OwedEvent } from './ledger.ts';
import { type Library, show } from './library.ts';
import { upperBound } from './position.ts';

/** Finds events and deliveries in memory, and reads documents only for those that are shown. */
export function createArchive(ledger: Ledger, library: Library, journal: Journal): Archive {
  function kept(owed: OwedEvent): KeptEvent {
    const deliveries = owed.deliveries.toSorted(inOrder);
    return {
      event: library.event(owed),
      created: owed.created,
      deliveries: deliveries.map(({ id, webhook, state }) => ({ id, webhook, state })),
    };
  }

  /** Events, or of a webhook its deliveries: one more than a page holds, if there are so many. */
  function eventsAfter(query: EventQuery, after: OwedEvent | undefined): OwedEvent[] {
    const { webhook, source, type } = query;
    const wanted = (event: OwedEvent) =>
      (source === undefined || event.source === source) && (type === undefined || event.type === type);
    if (webhook === undefined) {
      const behind = after && upperBound(ledger.events, after, byCommit);
      return find(ledger.events, query, behind, (event) => event, wanted);
    }
    const last = after && owedTo(after, webhook);
    const behind = last && upperBound(ledger.deliveries, last, inOrder);
    const isWanted = (one: OwedDelivery) => one.webhook === webhook && wanted(one.event);
    return find(ledger.deliveries, query, behind, ({ event }) => event, isWanted).map(({ event }) => event);
  }

  return {
    async event(id) {
      const owed = ledger.event(id);
      return owed ? kept(owed) : null;
    },

    async events(query) {
      const { after, webhook } = query;
      const last = after === undefined ? undefined : ledger.event(after);
      if (after !== undefined && (!last || (webhook !== undefined && !owedTo(last, webhook)))) {
        const [oldest] = eventsAfter({ ...query, newest: false, limit: 1 }, undefined);
        return { kind: 'unknown', oldest: oldest?.id ?? null };
      }
      const found = eventsAfter(query, last).values().map(kept);
      return {
        kind: 'page',
        ...pageOf(
          found,
          query.limit,
          ({ event }) => event.id,
          ({ event }) => event,
        ),
      };
    },

    async delivery(id) {
      const owed = ledger.delivery(id);
      return owed ? show(library, owed) : null;
    },

    async deliveries(query): Promise<Page<Delivery>> {
      const { webhook, source, state, after } = query;
      const last = after === undefined ? undefined : ledger.delivery(after);
      if (after !== undefined && !last) return { items: [], next: null };
      const behind = last && upperBound(ledger.deliveries, last, inOrder);
      const isWanted = (one: OwedDelivery) =>
        (webhook === undefined || one.webhook === webhook) &&
        (source === undefined || one.event.source === source) &&
        (state === undefined || one.state === state);
      const found = find(ledger.deliveries, query, behind, ({ event }) => event, isWanted)
        .values()
        .map((one) => show(library, one));
      return pageOf(
        found,
        query.limit,
        ({ id }) => id,
        ({ event }) => event,
      );
    },

    async attempts(id) {
      const delivery = ledger.delivery(id);
      if (!delivery) return null;
      const folded = delivery.event.folded ? library.attempts(delivery) : [];
      if (delivery.lines.length === 0) return folded;
      using reader = journal.reader();
      return keptAttempts([...folded, ...reader.attempts(delivery.lines)]);
    },
  };
}

/**
 * The matching items of a list in the order of commits, at most one more than the limit.
 *
 * @param behind position after the last item of the page before
 */
function find<T>(
  list: readonly T[],
  { since = 0, newest = false, limit }: Slice,
  behind: number | undefined,
  eventOf: (item: T) => OwedEvent,
  isWanted: (item: T) => boolean,
): T[] {
  const found: T[] = [];
  const step = newest ? -1 : 1;
  let at = newest ? (behind === undefined ? list.length : behind - 1) - 1 : (behind ?? 0);
  for (; at >= 0 && at < list.length && found.length <= limit; at += step) {
    const item = list[at] as T;
    const { gone, created } = eventOf(item);
    if (!gone && created >= since && isWanted(item)) found.push(item);
  }
  return found;
}

function owedTo({ deliveries }: OwedEvent, webhook: string): OwedDelivery | undefined {
  return deliveries.find((one) => one.webhook === webhook);
}

function byCommit(a: OwedEvent, b: OwedEvent): number {
  return a.commit - b.commit || a.sequence - b.sequence;
}
