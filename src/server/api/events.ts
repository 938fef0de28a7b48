import { z } from 'zod';
import { failure } from '../../errors.ts';
import type { KeptEvent } from '../../store/archive.ts';
import type { Control } from '../control.ts';
import { problem } from '../problem.ts';
import { stateOf } from './delivery-pages.ts';
import { history, none, sinceTime } from './parameters.ts';
import { type Route, route } from './route.ts';
import { eventView } from './schemas.ts';

const list = route({
  method: 'get',
  path: '/events',
  id: 'listEvents',
  summary: 'Events that are kept, the newest first unless asked otherwise.',
  query: history.extend({ type: z.string().min(1).max(200).optional() }),
  body: null,
  answer: { status: 200, schema: z.object({ items: z.array(eventView), next: z.string().nullable() }) },
  failures: ['API_GONE'],
  async handle({ query }, { archive, control, clock }) {
    const { since, order, ...rest } = query;
    const found = await archive.events({
      ...given(rest),
      limit: query.limit,
      newest: order === 'newest',
      ...(since && { since: sinceTime(since, clock.now()) }),
    });
    if (found.kind === 'unknown') {
      const gone = failure('API_GONE', `there is no event ${query.after ?? ''}, or no longer`);
      return problem(gone, { oldest: found.oldest });
    }
    const items = found.items.map((event) => textOf(event, control));
    return { json: `{"items":[${items.join(',')}],"next":${JSON.stringify(found.next)}}` };
  },
});

const one = route({
  method: 'get',
  path: '/events/{id}',
  id: 'getEvent',
  summary: 'One event.',
  query: none,
  body: null,
  answer: { status: 200, schema: eventView },
  failures: ['API_NOT_FOUND'],
  async handle({ params }, { archive, control }) {
    const found = await archive.event(params.id);
    return found
      ? { json: textOf(found, control) }
      : failure('API_NOT_FOUND', `there is no event ${JSON.stringify(params.id)}, or no longer`);
  },
});

/** The body is put in as the text that was committed: parsing it would lose digits. */
function textOf({ event, deliveries }: KeptEvent, { webhooks }: Control): string {
  const { body, timestamp, ...rest } = event;
  const view = {
    ...rest,
    timestamp: new Date(timestamp).toISOString(),
    deliveries: deliveries.map((one) => ({ ...one, state: stateOf(one, webhooks) })),
  };
  return `${JSON.stringify(view).slice(0, -1)},"body":${body}}`;
}

/** A query without its undefined members. */
export function given<T extends object>(query: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as never;
}

export const eventRoutes: readonly Route[] = [list, one];
