import { z } from 'zod';
import type { DeliveryControl } from '../control.ts';
import { pageOf } from './delivery-pages.ts';
import { id, name, since, sinceTime } from './parameters.ts';
import { type ApiDeps, type Route, route } from './route.ts';
import type { DeliveryViewState } from './schemas.ts';

/** Deliveries of one request at most: the store writes them in one step, while nothing else is written. */
const MOST = 1000;

/** The states whose deliveries may be dropped or retried. */
export const DROPPABLE = ['dead', 'pending', 'held'] as const satisfies readonly DeliveryViewState[];
export const RETRIABLE = [
  ...DROPPABLE,
  'dropped',
  'superseded',
] as const satisfies readonly DeliveryViewState[];

function bodyWith(states: readonly DeliveryViewState[]) {
  return z
    .strictObject({
      ids: z
        .array(id)
        .min(1)
        .max(MOST)
        .optional()
        .meta({ description: 'These, in any state. Without ids: those of a filter, the oldest first.' }),
      state: z.enum(states).optional().meta({ description: 'Those in this state; needed without ids.' }),
      webhook: name.optional(),
      source: name.optional(),
      since: since.optional(),
      limit: z.int().min(1).max(MOST).default(MOST).meta({ description: 'Of a filter: at most so many.' }),
      after: id.optional().meta({ description: '`next` of the request before.' }),
    })
    .refine(({ ids, state }) => (ids === undefined) !== (state === undefined), {
      message: 'either ids or a state with webhook, source, since is needed',
    })
    .refine(({ ids, webhook, source, since, after }) => !ids || !(webhook ?? source ?? since ?? after), {
      message: 'ids are given without webhook, source, since and after',
    });
}

type Chosen = z.output<ReturnType<typeof bodyWith>>;

const settled = z.object({
  done: z.int().min(0),
  refused: z
    .array(z.object({ id: z.string(), code: z.string(), detail: z.string() }))
    .meta({ description: 'Why others were not.' }),
  next: z.string().nullable().meta({ description: 'Null: there are no more. Ask again with it as `after`.' }),
});

function bulk(verb: keyof DeliveryControl, states: readonly DeliveryViewState[], summary: string): Route {
  return route({
    method: 'post',
    path: `/deliveries/${verb}`,
    id: `${verb}Deliveries`,
    summary: `${summary} One that cannot be does not keep the others. Up to ${MOST} at once: go on until \`next\` is null.`,
    query: z.strictObject({}),
    body: bodyWith(states),
    answer: { status: 200, schema: settled },
    failures: [],
    async handle({ body }, deps) {
      const { ids, next } = body.ids ? { ids: body.ids, next: null } : await found(body, deps);
      const results = ids.length === 0 ? new Map() : await deps.control.deliveries[verb](ids);
      const refused = [...results].flatMap(([id, failed]) =>
        failed ? [{ id, code: failed.code, detail: failed.message }] : [],
      );
      return { value: { done: results.size - refused.length, refused, next } };
    },
  });
}

/** Finds deliveries by a filter, the oldest first, so that new ones do not keep coming in between. */
async function found(
  { state, webhook, source, since, limit, after }: Chosen,
  { archive, control, clock }: ApiDeps,
): Promise<{ readonly ids: readonly string[]; readonly next: string | null }> {
  // A dropped delivery may be removed before the next request; the remaining ones are then found from the beginning.
  const isKept = after !== undefined && (await archive.delivery(after)) !== null;
  const query = {
    limit,
    newest: false,
    ...(webhook !== undefined && { webhook }),
    ...(source !== undefined && { source }),
    ...(since && { since: sinceTime(since, clock.now()) }),
    ...(isKept && { after }),
  };
  const { items, next } = await pageOf(query, state, archive, control.webhooks);
  return { ids: items.map((one) => one.id), next };
}

export const bulkRoutes: readonly Route[] = [
  bulk('retry', RETRIABLE, 'Makes many due at once.'),
  bulk('drop', DROPPABLE, 'Gives many up.'),
];
