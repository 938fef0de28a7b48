import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { apiRoutes } from '../../src/server/api/api.ts';
import { event, serve, TOKEN } from './fixtures.ts';

type Data = { [name: string]: unknown };

async function json(response: Response): Promise<Data> {
  return (await response.json()) as Data;
}

describe('lists', () => {
  test('of sources are paged by name and filtered by state', async () => {
    const { ask } = serve();
    const first = await json(await ask('/api/v1/sources?limit=1'));
    assert.deepEqual(names(first), ['tickets']);
    assert.equal(first.next, 'tickets');
    const second = await json(await ask('/api/v1/sources?limit=1&after=tickets'));
    assert.deepEqual(names(second), ['zebra']);
    assert.equal(second.next, null);
    assert.deepEqual(names(await json(await ask('/api/v1/sources?state=failing'))), ['zebra']);
  });

  test('of budgets are paged by name, too', async () => {
    const { ask, daemon } = serve();
    const budget = (name: string) => ({ name, left: null, limit: null, paused_ms: 0, waiting: 0 });
    Object.assign(daemon.control, { budgets: () => [budget('crm'), budget('desk')] });
    const first = await json(await ask('/api/v1/budgets?limit=1'));
    assert.deepEqual([names(first), first.next], [['crm'], 'crm']);
    const second = await json(await ask('/api/v1/budgets?limit=1&after=crm'));
    assert.deepEqual([names(second), second.next], [['desk'], null]);
  });

  test('of events show bodies with every digit', async () => {
    const { ask } = serve();
    assert.ok((await (await ask('/api/v1/events')).text()).includes(`"body":${event.body}`));
    assert.ok((await (await ask('/api/v1/events/evt_1')).text()).includes(`"body":${event.body}`));
  });

  test('of events say where to go on when the place is lost', async () => {
    const response = await serve().ask('/api/v1/events?after=evt_0');
    assert.equal(response.status, 410);
    const { code, oldest } = await json(response);
    assert.deepEqual({ code, oldest }, { code: 'API_GONE', oldest: 'evt_1' });
  });

  test('of deliveries say where to go on when the place is lost', async () => {
    const response = await serve().ask('/api/v1/deliveries?after=dlv_0&order=oldest');
    assert.equal(response.status, 410);
    const { code, oldest } = await json(response);
    assert.deepEqual({ code, oldest }, { code: 'API_GONE', oldest: 'dlv_1' });
    const end = await json(await serve().ask('/api/v1/deliveries?after=dlv_1'));
    assert.deepEqual(end, { items: [], next: null });
  });

  test('of deliveries are as short as the state gives them: what ended a page was its size', async () => {
    const { ask, daemon } = serve();
    const { items } = await daemon.archive.deliveries({ limit: 1 });
    const pages = [
      { items: [], next: 'dlv_0' },
      { items, next: 'dlv_1' },
    ];
    Object.assign(daemon.archive, { deliveries: async () => pages.shift() });
    const short = await json(await ask('/api/v1/deliveries?limit=9'));
    assert.deepEqual([(short.items as Data[]).length, short.next, pages.length], [1, 'dlv_1', 0]);
  });

  test('of deliveries show what is pending for a held webhook as held', async () => {
    const { ask, daemon } = serve();
    const states = async (query: string) =>
      ((await json(await ask(`/api/v1/deliveries${query}`))).items as Data[]).map(({ state }) => state);
    assert.deepEqual(await states(''), ['pending']);
    assert.deepEqual(await states('?state=held'), []);
    daemon.hold();
    assert.deepEqual(await states('?state=held'), ['held']);
    assert.deepEqual(await states('?state=pending'), []);
    assert.deepEqual(await states('?state=held&webhook=agent'), ['held']);
    assert.deepEqual(await states('?state=pending&webhook=agent'), []);
  });
});

describe('single things', () => {
  test('a delivery is not attempted before its webhook goes on', async () => {
    const { ask, daemon } = serve();
    const next = async () => (await json(await ask('/api/v1/deliveries/dlv_1'))).next_attempt;
    assert.equal(await next(), '2026-11-21T09:30:05.000Z');
    daemon.waitUntil(Date.parse('2026-11-21T10:00:00Z'));
    assert.equal(await next(), '2026-11-21T10:00:00.000Z');
  });

  test('a delivery that was never attempted is due since it is owed', async () => {
    const { ask, daemon } = serve();
    const delivery = await daemon.archive.delivery('dlv_1');
    Object.assign(daemon.archive, { delivery: async () => ({ ...delivery, attempts: 0, nextAttempt: 0 }) });
    const { next_attempt, created } = await json(await ask('/api/v1/deliveries/dlv_1'));
    assert.equal(next_attempt, created);
  });

  test('a delivery comes with its attempts', async () => {
    const { attempts, attempts_made, event_id } = await json(await serve().ask('/api/v1/deliveries/dlv_1'));
    assert.equal(event_id, 'evt_1');
    assert.equal(attempts_made, 1);
    assert.deepEqual(attempts, [
      {
        at: '2026-11-21T09:30:00.000Z',
        status: 500,
        duration_ms: 12,
        outcome: 'failed',
        error: 'no',
        answer: 'oh',
      },
    ]);
  });

  test('what is not there is said so, with a code and what to do', async () => {
    const { ask } = serve();
    for (const path of [
      'sources/x',
      'webhooks/x',
      'events/x',
      'deliveries/x',
      'nothing',
      'sources/',
      'sources/tickets/x',
    ]) {
      const response = await ask(`/api/v1/${path}`);
      assert.equal(response.status, 404, path);
      assert.equal(response.headers.get('content-type'), 'application/problem+json');
      const { code, detail, remedy, status } = await json(response);
      assert.deepEqual({ code, status }, { code: 'API_NOT_FOUND', status: 404 });
      assert.ok(detail && remedy);
    }
  });

  test('another method names those that there are', async () => {
    const response = await serve().ask('/api/v1/sources/tickets', { method: 'DELETE' });
    assert.equal(response.status, 405);
    assert.equal(response.headers.get('allow'), 'GET, HEAD');
  });

  test('no secret is in what a server was quoted with', async () => {
    const { ask } = serve();
    const text = await (await ask('/api/v1/webhooks/agent/test', { method: 'POST' })).text();
    assert.ok(text.includes('it said [secret]') && !text.includes(TOKEN));
  });
});

describe('actions', () => {
  const post = (path: string, body?: unknown) =>
    [
      `/api/v1/${path}`,
      { method: 'POST', ...(body !== undefined && { body: JSON.stringify(body) }) },
    ] as const;

  test('do what they say, and show the result', async () => {
    const { ask, daemon } = serve();
    assert.equal((await ask(...post('sources/tickets/poll'))).status, 202);
    assert.equal((await ask(...post('sources/tickets/pause', {}))).status, 200);
    assert.equal((await ask(...post('deliveries/dlv_1/retry'))).status, 200);
    assert.equal((await ask(...post('webhooks/agent/replay', { since: '2h' }))).status, 202);
    assert.equal((await ask(...post('webhooks/agent/replay', { since: '2026-11-20' }))).status, 202);
    assert.deepEqual(await json(await ask(...post('webhooks/agent/resync', { source: 'tickets' }))), {
      events: 2,
    });
    assert.equal((await ask(...post('webhooks/agent/replay', { since: '99999999999d' }))).status, 202);
    assert.deepEqual(daemon.done, [
      'poll tickets',
      'pause tickets',
      'retry dlv_1',
      'replay 2026-11-21T08:00:00.000Z agent',
      'replay 2026-11-20T00:00:00.000Z agent',
      'replay 1970-01-01T00:00:00.000Z agent',
    ]);
  });

  test('on many deliveries keep none for what another was refused', async () => {
    const { ask, daemon } = serve();
    const came = await json(await ask(...post('deliveries/drop', { ids: ['dlv_1', 'dlv_2'] })));
    const refused = [{ id: 'dlv_2', code: 'API_NOT_FOUND', detail: 'there is no dlv_2' }];
    assert.deepEqual(came, { done: 1, refused, next: null });
    assert.deepEqual(daemon.done, ['drop dlv_1']);
  });

  test('on what a filter finds begin with the oldest', async () => {
    const { ask, daemon } = serve();
    const queries: unknown[] = [];
    const { deliveries } = daemon.archive;
    Object.assign(daemon.archive, {
      deliveries: (query: Parameters<typeof deliveries>[0]) => {
        queries.push(query);
        return deliveries(query);
      },
    });
    const filter = { state: 'pending', webhook: 'agent', source: 'tickets', since: '1h', limit: 7 };
    const came = await json(await ask(...post('deliveries/retry', filter)));
    assert.deepEqual(came, { done: 1, refused: [], next: null });
    assert.deepEqual(daemon.done, ['retry dlv_1']);
    const asked = { ...filter, newest: false, since: Date.parse('2026-11-21T09:00:00Z') };
    assert.deepEqual(queries, [asked]);
    // Where to go on is gone: what is left of the filter is found from the beginning.
    await ask(...post('deliveries/retry', { state: 'pending', after: 'dlv_gone' }));
    assert.deepEqual(daemon.done, ['retry dlv_1', 'retry dlv_1']);
    const held = await json(await ask(...post('deliveries/drop', { state: 'held' })));
    assert.deepEqual(held, { done: 0, refused: [], next: null });
  });

  test('that make no sense now are conflicts', async () => {
    const response = await serve().ask(...post('sources/tickets/approve'));
    assert.equal(response.status, 409);
    assert.equal((await json(response)).detail, 'nothing is in doubt');
  });

  const many = { body: JSON.stringify({ ids: Array.from({ length: 1001 }, (_, at) => `dlv_${at}`) }) };
  const eitherOr = /^the body: either ids or a state/;
  for (const [what, path, init, detail] of [
    ['neither ids nor a filter', 'deliveries/drop', { body: '{}' }, eitherOr],
    ['ids and a filter', 'deliveries/drop', { body: '{"ids":["dlv_1"],"state":"dead"}' }, eitherOr],
    [
      'ids of a webhook',
      'deliveries/retry',
      { body: '{"ids":["dlv_1"],"webhook":"agent"}' },
      /^the body: ids/,
    ],
    ['a filter without a state', 'deliveries/drop', { body: '{"webhook":"agent"}' }, eitherOr],
    ['no ids', 'deliveries/drop', { body: '{"ids":[]}' }, /^ids: /],
    ['too many ids', 'deliveries/drop', many, /^ids: /],
    ['ids that are no text', 'deliveries/drop', { body: '{"ids":[1]}' }, /^ids\.0: /],
    ['to drop what is over', 'deliveries/drop', { body: '{"state":"dropped"}' }, /^state: /],
    ['to retry what was delivered', 'deliveries/retry', { body: '{"state":"delivered"}' }, /^state: /],
    ['a limit beyond all bounds', 'deliveries/retry', { body: '{"state":"dead","limit":1e9}' }, /^limit: /],
    ['a list', 'deliveries/retry', { body: '[]' }, /JSON object with ids/],
    ['a body where none belongs', 'sources/tickets/poll', { body: '{"x":1}' }, /takes no body/],
    ['no body where one belongs', 'webhooks/agent/replay', {}, /JSON object with since/],
    ['no JSON', 'webhooks/agent/replay', { body: '{' }, /JSON object with since/],
    [
      'a member too many',
      'webhooks/agent/replay',
      { body: '{"since":"1h","x":1}' },
      /has "x": it takes since/,
    ],
    [
      'a time that is none',
      'webhooks/agent/replay',
      { body: '{"since":"yesterday"}' },
      /^since: a time like/,
    ],
    [
      'a day that is none',
      'webhooks/agent/replay',
      { body: '{"since":"2026-13-40"}' },
      /^since: a time like/,
    ],
  ] as const) {
    test(`refuse ${what}`, async () => {
      const { ask, daemon } = serve();
      const response = await ask(`/api/v1/${path}`, { method: 'POST', ...init });
      assert.equal(response.status, 400);
      assert.match(String((await json(response)).detail), detail);
      assert.deepEqual(daemon.done, []);
    });
  }

  test('read no more of a body than they need', async () => {
    const response = await serve().ask('/api/v1/webhooks/agent/replay', {
      method: 'POST',
      body: 'x'.repeat(100_000),
    });
    assert.equal(response.status, 413);
  });
});

describe('queries', () => {
  for (const [query, detail] of [
    ['limit=0', /^limit: a whole number from 1 to 1000/],
    ['limit=1001', /^limit: a whole number from 1 to 1000/],
    ['limit=x', /^limit: a whole number from 1 to 1000/],
    ['limit=1&limit=2', /"limit" is given more than once/],
    ['stat=failing', /"stat": it takes limit, after, state/],
    ['state=nice', /^state: /],
    [`after=${'x'.repeat(201)}`, /^after: /],
  ] as const) {
    test(`refuse ${query.slice(0, 30)}`, async () => {
      const response = await serve().ask(`/api/v1/sources?${query}`);
      assert.equal(response.status, 400);
      assert.match(String((await json(response)).detail), detail);
    });
  }

  test('whatever is sent, the daemon is not at fault', async () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('__proto__', '%', '%ff', '..', '1e9'),
    );
    const some = fc.array(
      fc.tuple(fc.oneof(fc.constantFrom('limit', 'after', 'since', 'state', 'order'), text), text),
      {
        maxLength: 4,
      },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...apiRoutes),
        text,
        some,
        fc.option(text),
        async (route, part, query, body) => {
          const { ask, errors } = serve();
          const escaped = (value: string) => encodeURIComponent(value.toWellFormed());
          const path = route.path.replaceAll(/\{\w+\}/g, part === '%' ? '%' : escaped(part) || 'x');
          const search = query.map(([key, value]) => `${escaped(key)}=${escaped(value)}`).join('&');
          const method = route.method.toUpperCase();
          const response = await ask(`${path}?${search}`, { method, ...(method === 'POST' && { body }) });
          await response.body?.cancel();
          assert.deepEqual(errors, []);
          assert.ok(response.status < 500);
        },
      ),
      { numRuns: 150 },
    );
  });
});

test('what a route throws is logged, and told to nobody', async () => {
  const { ask, errors, daemon } = serve();
  Object.assign(daemon.control, {
    config: () => {
      throw new Error('inner');
    },
  });
  const response = await ask('/api/v1/config');
  assert.equal(response.status, 500);
  assert.ok(!(await response.text()).includes('inner'));
  assert.equal(errors.length, 1);
});

describe('the feed', () => {
  test('gives bodies as they are, and the way to the next page', async () => {
    const response = await serve().ask('/feed/agent?limit=1');
    assert.equal(response.headers.get('link'), '</feed/agent?after=evt_1&limit=1>; rel="next"');
    assert.ok((await response.text()).includes(event.body));
  });

  test('says where to go on when the place is lost', async () => {
    const response = await serve().ask('/feed/agent?after=evt_0');
    assert.equal(response.status, 410);
    assert.equal((await json(response)).oldest, 'evt_1');
  });
});

function names({ items }: Data): unknown[] {
  return (items as Data[]).map(({ name }) => name);
}
