import type { Delivery } from '../../model.ts';
import type { Archive, DeliveryQuery, Page } from '../../store/archive.ts';
import type { WebhookControl } from '../control.ts';
import type { DeliveryViewState } from './schemas.ts';

/** Pages of the store that one request searches for held deliveries, or others. */
const MOST_PAGES = 20;

/** The state as shown: pending deliveries of a webhook to which nothing is sent are `held`. */
export function stateOf(
  { state, webhook }: Pick<Delivery, 'state' | 'webhook'>,
  webhooks: Pick<WebhookControl, 'holds'>,
): DeliveryViewState {
  return state === 'pending' && webhooks.holds(webhook) ? 'held' : state;
}

/**
 * A page of deliveries in a state as shown. The store does not know which pending ones are held, so its pages are
 * searched until one is full, but not without bound.
 */
export async function pageOf(
  given: Omit<DeliveryQuery, 'state'>,
  state: DeliveryViewState | undefined,
  archive: Pick<Archive, 'deliveries'>,
  webhooks: Pick<WebhookControl, 'holds'>,
): Promise<Page<Delivery>> {
  // Of a single webhook either all pending deliveries are held, or none.
  const isHeld = given.webhook === undefined ? null : webhooks.holds(given.webhook);
  if (isHeld !== null && state === (isHeld ? 'pending' : 'held')) return { items: [], next: null };
  const query = { ...given, ...(state && { state: state === 'held' ? ('pending' as const) : state }) };
  const items: Delivery[] = [];
  let after = query.after;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const limit = query.limit - items.length;
    const page = await archive.deliveries({ ...query, limit, ...(after !== undefined && { after }) });
    items.push(...page.items.filter((one) => state === undefined || stateOf(one, webhooks) === state));
    if (page.next === null) return { items, next: null };
    after = page.next;
    // A page that ended before its limit has reached the bound on memory.
    if (items.length === query.limit || (items.length > 0 && page.items.length < limit)) break;
  }
  return { items, next: after ?? null };
}
