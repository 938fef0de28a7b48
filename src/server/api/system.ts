import { z } from 'zod';
import { failure, isFailure } from '../../errors.ts';
import { problem } from '../problem.ts';
import { none, page } from './parameters.ts';
import { type Route, route } from './route.ts';
import { DELIVERY_VIEW_STATES, followed, reloaded } from './schemas.ts';
import { streamOf } from './stream.ts';

const stream = route({
  method: 'get',
  path: '/stream',
  id: 'follow',
  summary:
    'What happens from now on, as server-sent events: polls, events, deliveries, changes of state, reloads. Nothing is repeated: after a gap, read the lists again. Who reads too slowly is cut off.',
  query: none,
  body: null,
  answer: { status: 200, schema: followed, type: 'text/event-stream' },
  failures: ['API_BUSY'],
  async handle({ signal }, { control, clock, redact }) {
    return (
      streamOf(control, { signal, clock, redact }) ??
      failure('API_BUSY', 'too many clients follow the stream')
    );
  },
});

const reload = route({
  method: 'post',
  path: '/reload',
  id: 'reload',
  summary: 'Reads the configuration again. One with mistakes is not applied.',
  query: none,
  body: null,
  answer: { status: 200, schema: reloaded },
  failures: ['API_CONFLICT'],
  async handle(_, { control }) {
    const came = await control.reload();
    return isFailure(came) ? came : { value: came };
  },
});

const config = route({
  method: 'get',
  path: '/config',
  id: 'getConfig',
  summary: 'The configuration that applies, as `check --print` shows it: without secrets.',
  query: none,
  body: null,
  answer: { status: 200, schema: z.object({}).catchall(z.unknown()) },
  failures: [],
  handle: async (_, { control }) => ({ value: control.config() }),
});

const feed = route({
  method: 'get',
  path: '/feed/{webhook}',
  id: 'catchUp',
  summary:
    'The events of a webhook in their order, delivered or not, within the retention: for a receiver that lost data.',
  query: page,
  body: null,
  answer: {
    status: 200,
    schema: z.object({
      items: z.array(
        z.object({
          id: z.string(),
          state: z.enum(DELIVERY_VIEW_STATES).nullable(),
          body: z.unknown().meta({ description: 'As it is delivered.' }),
          error: z.string().optional(),
        }),
      ),
      next: z.string().nullable(),
    }),
  },
  failures: ['API_NOT_FOUND', 'API_CONFLICT', 'API_GONE'],
  async handle({ params: { webhook }, query: { after, limit } }, { control }) {
    const found = await control.webhooks.feed(webhook, after, limit);
    if (isFailure(found)) return found;
    if (found.kind === 'gone') {
      const gone = failure(
        'API_GONE',
        `there is no event ${JSON.stringify(after ?? '')} for ${webhook}, or no longer`,
      );
      return problem(gone, { oldest: found.oldest });
    }
    const link = found.next && `/feed/${webhook}?after=${encodeURIComponent(found.next)}&limit=${limit}`;
    return { json: found.json, ...(link && { link: `<${link}>; rel="next"` }) };
  },
});

export const systemRoutes: readonly Route[] = [stream, reload, config];
/** Outside of `/api/v1`. */
export const feedRoutes: readonly Route[] = [feed];
