import { z } from 'zod';
import { failure } from '../../errors.ts';
import type { Attempt, Delivery } from '../../model.ts';
import type { DeliveryQuery, Page } from '../../store/archive.ts';
import type { Control, DeliveryControl } from '../control.ts';
import { stateOf } from './delivery-state.ts';
import { given } from './events.ts';
import { history, none, sinceTime } from './parameters.ts';
import { type ApiDeps, type Route, route } from './route.ts';
import { DELIVERY_STATES, deliveryDetail, deliveryView } from './schemas.ts';

/** Pages of the store that one request looks through for those that are held, or are not. */
const MOST_PAGES = 20;

const list = route({
  method: 'get',
  path: '/deliveries',
  id: 'listDeliveries',
  summary:
    'Deliveries that are kept, the newest first unless asked otherwise. A page may be short and not the last.',
  query: history.extend({ state: z.enum(DELIVERY_STATES).optional() }),
  body: null,
  answer: { status: 200, schema: z.object({ items: z.array(deliveryView), next: z.string().nullable() }) },
  failures: [],
  async handle({ query }, { archive, control, clock }) {
    const { since, order, state, ...rest } = query;
    const found = await pageOf(
      {
        ...given(rest),
        limit: query.limit,
        newest: order === 'newest',
        ...(since && { since: sinceTime(since, clock.now()) }),
        ...(state && { state: state === 'held' ? 'pending' : state }),
      },
      (one) => state === undefined || stateOf(one, control.webhooks) === state,
      archive,
    );
    return { value: { items: found.items.map((one) => viewOf(one, control)), next: found.next } };
  },
});

/** Whether a pending one is held is not in the store: pages are read until one is full, but not for ever. */
async function pageOf(
  query: DeliveryQuery,
  wanted: (delivery: Delivery) => boolean,
  archive: ApiDeps['archive'],
): Promise<Page<Delivery>> {
  const items: Delivery[] = [];
  let after = query.after;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const limit = query.limit - items.length;
    const page = await archive.deliveries({ ...query, limit, ...(after !== undefined && { after }) });
    items.push(...page.items.filter(wanted));
    if (page.next === null) return { items, next: null };
    after = page.next;
    if (items.length === query.limit) break;
  }
  return { items, next: after ?? null };
}

const one = route({
  method: 'get',
  path: '/deliveries/{id}',
  id: 'getDelivery',
  summary: 'One delivery, with its attempts.',
  query: none,
  body: null,
  answer: { status: 200, schema: deliveryDetail },
  failures: ['API_NOT_FOUND'],
  handle: ({ params }, deps) => detailOf(params.id, deps),
});

function action(verb: keyof DeliveryControl, summary: string): Route {
  return route({
    method: 'post',
    path: `/deliveries/{id}/${verb}`,
    id: `${verb}Delivery`,
    summary,
    query: none,
    body: null,
    answer: { status: 200, schema: deliveryDetail },
    failures: ['API_NOT_FOUND', 'API_CONFLICT'],
    async handle({ params }, deps) {
      const failed = await deps.control.deliveries[verb](params.id);
      return failed ?? detailOf(params.id, deps);
    },
  });
}

async function detailOf(id: string, { archive, control }: ApiDeps) {
  const delivery = await archive.delivery(id);
  const attempts = delivery && (await archive.attempts(id));
  if (!delivery || !attempts)
    return failure('API_NOT_FOUND', `there is no delivery ${JSON.stringify(id)}, or no longer`);
  const { attempts: made, ...view } = viewOf(delivery, control);
  return { value: { ...view, attempts: attempts.map(attemptView), attempts_made: made } };
}

function viewOf(delivery: Delivery, { webhooks }: Control): z.infer<typeof deliveryView> {
  const { id, event, webhook, attempts, nextAttempt, lastStatus, created } = delivery;
  const state = stateOf(delivery, webhooks);
  return {
    id,
    event_id: event.id,
    webhook,
    state,
    attempts,
    next_attempt: state === 'pending' ? new Date(nextAttempt).toISOString() : null,
    last_status: lastStatus,
    type: event.type,
    source: event.source,
    key: event.key,
    created: new Date(created).toISOString(),
  };
}

function attemptView({ at, status, duration, outcome, error, answer }: Attempt) {
  return { at: new Date(at).toISOString(), status, duration_ms: duration, outcome, error, answer };
}

export const deliveryRoutes: readonly Route[] = [
  list,
  one,
  action(
    'retry',
    'Makes it due at once, at the first step of its schedule; what was delivered is for replay.',
  ),
  action('drop', 'Gives it up.'),
];
