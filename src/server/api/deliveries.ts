import { z } from 'zod';
import { failure } from '../../errors.ts';
import type { Attempt, Delivery } from '../../model.ts';
import type { Control, DeliveryControl } from '../control.ts';
import { problem } from '../problem.ts';
import { pageOf, stateOf } from './delivery-pages.ts';
import { given } from './events.ts';
import { history, none, sinceTime } from './parameters.ts';
import { type ApiDeps, type Route, route } from './route.ts';
import { DELIVERY_VIEW_STATES, deliveryDetail, deliveryView } from './schemas.ts';

const list = route({
  method: 'get',
  path: '/deliveries',
  id: 'listDeliveries',
  summary:
    'Deliveries that are kept, the newest first unless asked otherwise. A page may be short and not the last.',
  query: history.extend({ state: z.enum(DELIVERY_VIEW_STATES).optional() }),
  body: null,
  answer: { status: 200, schema: z.object({ items: z.array(deliveryView), next: z.string().nullable() }) },
  failures: ['API_GONE'],
  async handle({ query }, { archive, control, clock }) {
    const { since, order, state, ...rest } = query;
    const asked = {
      ...given(rest),
      limit: query.limit,
      newest: order === 'newest',
      ...(since && { since: sinceTime(since, clock.now()) }),
    };
    const found = await pageOf(asked, state, archive, control.webhooks);
    // A delivery that is no longer kept has no position, and an empty page would look like the end of the list.
    if (query.after !== undefined && found.items.length === 0 && !(await archive.delivery(query.after))) {
      const { after: _, ...all } = asked;
      const first = { ...all, newest: false, limit: 1 };
      const [oldest] = (await pageOf(first, state, archive, control.webhooks)).items;
      const gone = failure('API_GONE', `there is no delivery ${JSON.stringify(query.after)}, or no longer`);
      return problem(gone, { oldest: oldest?.id ?? null });
    }
    return { value: { items: found.items.map((one) => viewOf(one, control)), next: found.next } };
  },
});

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
      const results = await deps.control.deliveries[verb]([params.id]);
      return results.get(params.id) ?? detailOf(params.id, deps);
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
    next_attempt:
      state === 'pending'
        ? new Date(Math.max(created, nextAttempt, webhooks.waitsUntil(webhook))).toISOString()
        : null,
    last_status: lastStatus,
    type: event.type,
    source: event.source,
    key: event.key,
    created: new Date(created).toISOString(),
  };
}

function attemptView({ at, status, duration, outcome, error, answer }: Attempt) {
  return {
    at: new Date(at).toISOString(),
    status,
    duration_ms: Math.round(duration),
    outcome,
    error,
    answer,
  };
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
