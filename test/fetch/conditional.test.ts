import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SourceConfig } from '../../src/config/document.ts';
import { Secret } from '../../src/lib/secret.ts';
import { FakeClock } from '../fake-clock.ts';
import { bodyOf, failureOf, fetching, serve, source } from './fixtures.ts';

/** A server whose only document has this ETag; it counts full answers. */
function tagged(etag: string) {
  const server = {
    full: 0,
    listener: (
      request: import('node:http').IncomingMessage,
      response: import('node:http').ServerResponse,
    ) => {
      const same = request.headers['if-none-match'] === etag;
      if (!same) server.full += 1;
      response.writeHead(same ? 304 : 200, { etag }).end(same ? undefined : '[]');
    },
  };
  return server;
}

test('conditional: an unchanged document is answered 304, with the validators that were given', async (t) => {
  const { listener } = tagged('W/"caf\xe9"');
  const fetch = fetching(t);
  const tickets = source(await serve(t, listener));
  const first = await fetch(tickets);
  const second = await fetch(tickets, first.validators);
  assert.equal(second.kind, 'not_modified');
  assert.equal(second.validators, first.validators);
});

test('conditional: a date is sent back as it came', async (t) => {
  const date = 'Wed, 21 Oct 2015 07:28:00 GMT';
  const origin = await serve(t, (request, response) => {
    const same = request.headers['if-modified-since'] === date && !('if-none-match' in request.headers);
    response.writeHead(same ? 304 : 200, { 'last-modified': date }).end();
  });
  const fetch = fetching(t);
  const tickets = source(origin);
  assert.equal((await fetch(tickets, (await fetch(tickets)).validators)).kind, 'not_modified');
});

const worthless: [name: string, settings: Partial<SourceConfig>][] = [
  ['another path', { query: { page: '2' } }],
  ['another header', { headers: { 'X-Tenant': new Secret('b') } }],
  ['other credentials', { auth: { type: 'bearer', token: new Secret('b') } }],
  ['validators turned off', { conditional: false }],
];

for (const [name, settings] of worthless) {
  test(`conditional: ${name} makes a full request`, async (t) => {
    const server = tagged('"a"');
    const origin = await serve(t, server.listener);
    const fetch = fetching(t);
    const { validators } = await fetch(source(origin));
    assert.notEqual(validators, null);
    bodyOf(await fetch(source(origin, settings), validators));
    assert.equal(server.full, 2);
  });
}

test('conditional: turned off, none are remembered', async (t) => {
  const origin = await serve(t, tagged('"a"').listener);
  assert.equal((await fetching(t)(source(origin, { conditional: false }))).validators, null);
});

test('conditional: a full fetch now and then, counted from the last full one', async (t) => {
  const clock = new FakeClock();
  const fetch = fetching(t, clock);
  const tickets = source(await serve(t, tagged('"a"').listener), { conditional: { refresh: 10_000 } });
  const { validators } = await fetch(tickets);
  await clock.advance(9999);
  const unchanged = await fetch(tickets, validators);
  assert.equal(unchanged.kind, 'not_modified');
  await clock.advance(1);
  const full = await fetch(tickets, unchanged.validators);
  assert.equal(full.kind, 'body');
  assert.equal(full.validators?.fetched, clock.now());
});

test('conditional: validators are dropped after a 5xx, kept after other failures', async (t) => {
  let status = 200;
  const origin = await serve(t, (_, response) => void response.writeHead(status, { etag: '"a"' }).end('[]'));
  const fetch = fetching(t);
  const { validators } = await fetch(source(origin));
  status = 500;
  assert.equal((await fetch(source(origin), validators)).validators, null);
  status = 404;
  const missing = await fetch(source(origin), validators);
  assert.match(failureOf(missing), /^FETCH_STATUS/);
  assert.equal(missing.validators, validators);
});

test('conditional: validators go only to the URL that gave them, behind a redirect too', async (t) => {
  const conditional: string[] = [];
  let target = '/one';
  const origin = await serve(t, (request, response) => {
    if (request.headers['if-none-match']) conditional.push(request.url ?? '');
    if (request.url === '/') return void response.writeHead(302, { location: target }).end();
    const same = request.headers['if-none-match'] === '"a"';
    response.writeHead(same ? 304 : 200, { etag: '"a"' }).end(same ? undefined : '[]');
  });
  const fetch = fetching(t);
  const { validators } = await fetch(source(origin));
  assert.equal((await fetch(source(origin), validators)).kind, 'not_modified');
  target = '/two';
  assert.equal((await fetch(source(origin), validators)).kind, 'body');
  assert.deepEqual(conditional, ['/one']);
});

test('conditional: only a 200 is remembered', async (t) => {
  const origin = await serve(t, (_, response) => void response.writeHead(203, { etag: '"a"' }).end('[]'));
  assert.equal((await fetching(t)(source(origin))).validators, null);
});
