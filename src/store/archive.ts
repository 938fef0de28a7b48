import type { Attempt, ChangeEvent, Delivery, DeliveryState } from '../model.ts';

/**
 * Kept events and deliveries, for people and for receivers that catch up. The cost of a page does not depend on their
 * number.
 */
export interface Archive {
  event(id: string): Promise<KeptEvent | null>;
  /**
   * Events in the order they were committed, or the newest first. With `webhook`: those with a delivery to it,
   * settled or not, in the order of those deliveries. There `after` has to be one of them.
   */
  events(query: EventQuery): Promise<EventPage>;
  delivery(id: string): Promise<Delivery | null>;
  /**
   * In the order they were committed, or the newest first. After a delivery that is no longer kept nothing is found.
   */
  deliveries(query: DeliveryQuery): Promise<Page<Delivery>>;
  /** Attempts of a delivery, oldest first: the first and the newest 20. Null if there is no such delivery. */
  attempts(delivery: string): Promise<readonly Attempt[] | null>;
}

export interface DeliveryQuery extends Slice {
  readonly webhook?: string;
  readonly source?: string;
  readonly state?: DeliveryState;
}

/** Which part of a long list. */
export interface Slice {
  /** Only what was committed then or later, Unix milliseconds. */
  readonly since?: number;
  /** Newest first. */
  readonly newest?: boolean;
  /** Id of the last item of the page before. */
  readonly after?: string;
  readonly limit: number;
}

export interface EventQuery extends Slice {
  readonly source?: string;
  readonly webhook?: string;
  readonly type?: string;
}

/** An event with its deliveries. */
export interface KeptEvent {
  readonly event: ChangeEvent;
  readonly created: number;
  readonly deliveries: readonly Pick<Delivery, 'id' | 'webhook' | 'state'>[];
}

/**
 * `unknown`: there is no event `after`, or no longer. `oldest`: the first that is kept of what was asked for; null if
 * none.
 */
export type EventPage =
  | ({ readonly kind: 'page' } & Page<KeptEvent>)
  | { readonly kind: 'unknown'; readonly oldest: string | null };

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** A page ends early once the bodies of its events exceed so many characters, since it is held in memory. */
const MOST_BODIES = 8_388_608;

/**
 * @param items one more than the page may hold, if there are so many; no more of them are taken than the page needs
 * @param eventOf the event whose body an item brings along
 */
export function pageOf<T>(
  items: Iterable<T>,
  limit: number,
  idOf: (item: T) => string,
  eventOf: (item: T) => Pick<ChangeEvent, 'body'>,
): Page<T> {
  const page: T[] = [];
  let size = 0;
  for (const item of items) {
    const last = page.at(-1);
    if (last !== undefined && (page.length === limit || size >= MOST_BODIES))
      return { items: page, next: idOf(last) };
    page.push(item);
    size += eventOf(item).body.length;
  }
  return { items: page, next: null };
}
