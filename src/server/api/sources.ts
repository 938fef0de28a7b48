import { z } from 'zod';
import { type Failure, isFailure } from '../../errors.ts';
import type { SourceControl } from '../control.ts';
import { none, page, pageByName } from './parameters.ts';
import { type Route, route } from './route.ts';
import { SOURCE_STATES, sourceDetail, sourceView } from './schemas.ts';

const list = route({
  method: 'get',
  path: '/sources',
  id: 'listSources',
  summary: 'The sources of the configuration, by name.',
  query: page.extend({ state: z.enum(SOURCE_STATES).optional() }),
  body: null,
  answer: { status: 200, schema: z.object({ items: z.array(sourceView), next: z.string().nullable() }) },
  failures: [],
  async handle({ query }, { control }) {
    const all = await control.sources.list();
    const wanted = query.state === undefined ? all : all.filter(({ state }) => state === query.state);
    return { value: pageByName(wanted, query) };
  },
});

const one = route({
  method: 'get',
  path: '/sources/{name}',
  id: 'getSource',
  summary: 'One source, with its last polls and what is in doubt.',
  query: none,
  body: null,
  answer: { status: 200, schema: sourceDetail },
  failures: ['API_NOT_FOUND'],
  async handle({ params }, { control }) {
    const found = await control.sources.find(params.name);
    return isFailure(found) ? found : { value: found };
  },
});

type Verb = Exclude<keyof SourceControl, 'list' | 'find'>;

function action(verb: Verb, summary: string, status: 200 | 202 = 200): Route {
  return route({
    method: 'post',
    path: `/sources/{name}/${verb}`,
    id: `${verb}Source`,
    summary,
    query: none,
    body: null,
    answer: { status, schema: sourceDetail },
    failures: ['API_NOT_FOUND', 'API_CONFLICT'],
    async handle({ params: { name } }, { control: { sources } }) {
      const failed: Failure | null = await sources[verb](name);
      if (failed) return failed;
      const found = await sources.find(name);
      return isFailure(found) ? found : { value: found };
    },
  });
}

export const sourceRoutes: readonly Route[] = [
  list,
  one,
  action('poll', 'Polls as soon as the budget allows; the answer does not wait for it.', 202),
  action('pause', 'Polls no more until it is resumed, also after a restart.'),
  action('resume', 'Ends a pause.'),
  action('approve', 'Believes what is in doubt: the records are reported as deleted. Polls at once.'),
  action('reject', 'Keeps the baseline and says no more about what is in doubt.'),
  action('reset', 'Forgets what it showed: the next poll is a new baseline. Polls at once.'),
];
