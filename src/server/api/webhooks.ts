import { z } from 'zod';
import { isFailure } from '../../errors.ts';
import { name, none, page, pageByName, since, sinceTime } from './parameters.ts';
import { type Route, route } from './route.ts';
import { trial, WEBHOOK_STATES, webhookView } from './schemas.ts';

const list = route({
  method: 'get',
  path: '/webhooks',
  id: 'listWebhooks',
  summary: 'The webhooks, by name; also those that are gone and still owed something.',
  query: page.extend({ state: z.enum(WEBHOOK_STATES).optional() }),
  body: null,
  answer: { status: 200, schema: z.object({ items: z.array(webhookView), next: z.string().nullable() }) },
  failures: [],
  async handle({ query }, { control }) {
    const all = await control.webhooks.list();
    const wanted = query.state === undefined ? all : all.filter(({ state }) => state === query.state);
    return { value: pageByName(wanted, query) };
  },
});

const one = route({
  method: 'get',
  path: '/webhooks/{name}',
  id: 'getWebhook',
  summary: 'One webhook.',
  query: none,
  body: null,
  answer: { status: 200, schema: webhookView },
  failures: ['API_NOT_FOUND'],
  async handle({ params }, { control }) {
    const found = await control.webhooks.find(params.name);
    return isFailure(found) ? found : { value: found };
  },
});

function action(verb: 'pause' | 'resume', summary: string): Route {
  return route({
    method: 'post',
    path: `/webhooks/{name}/${verb}`,
    id: `${verb}Webhook`,
    summary,
    query: none,
    body: null,
    answer: { status: 200, schema: webhookView },
    failures: ['API_NOT_FOUND', 'API_CONFLICT'],
    async handle({ params }, { control: { webhooks } }) {
      const failed = await webhooks[verb](params.name);
      const found = failed ?? (await webhooks.find(params.name));
      return isFailure(found) ? found : { value: found };
    },
  });
}

const test = route({
  method: 'post',
  path: '/webhooks/{name}/test',
  id: 'testWebhook',
  summary: 'Sends a signed test event once, and tells what came of it.',
  query: none,
  body: null,
  answer: { status: 200, schema: trial },
  failures: ['API_NOT_FOUND', 'API_CONFLICT'],
  async handle({ params }, { control }) {
    const came = await control.webhooks.test(params.name);
    return isFailure(came) ? came : { value: came };
  },
});

const replay = route({
  method: 'post',
  path: '/webhooks/{name}/replay',
  id: 'replayWebhook',
  summary: 'Delivers kept events again, under the same ids; goes on in the background and over restarts.',
  query: none,
  body: z.strictObject({ since }),
  answer: { status: 202, schema: webhookView },
  failures: ['API_NOT_FOUND', 'API_CONFLICT'],
  async handle({ params, body }, { control: { webhooks }, clock }) {
    const failed = await webhooks.replay(params.name, sinceTime(body.since, clock.now()));
    const found = failed ?? (await webhooks.find(params.name));
    return isFailure(found) ? found : { value: found };
  },
});

const resync = route({
  method: 'post',
  path: '/webhooks/{name}/resync',
  id: 'resyncWebhook',
  summary: 'Sends the current snapshot of a source as `<source>.snapshot` events.',
  query: none,
  body: z.strictObject({ source: name }),
  answer: {
    status: 202,
    schema: z.object({ events: z.int().meta({ description: 'So many are owed now.' }) }),
  },
  failures: ['API_NOT_FOUND', 'API_CONFLICT'],
  async handle({ params, body }, { control }) {
    const events = await control.webhooks.resync(params.name, body.source);
    return isFailure(events) ? events : { value: { events } };
  },
});

export const webhookRoutes: readonly Route[] = [
  list,
  one,
  action('pause', 'Sends nothing more until it is resumed, also after a restart.'),
  action('resume', 'Ends a pause, or what a 410 or a row of failures led to: one event is tried at once.'),
  test,
  replay,
  resync,
];
