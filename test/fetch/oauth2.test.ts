import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import type { OAuth2 } from '../../src/lib/http/auth/kinds.ts';
import { Secret } from '../../src/lib/secret.ts';
import { FakeClock, until } from '../fake-clock.ts';
import { bodyOf, failureOf, fetchingTheirWay, serve, source } from './fixtures.ts';

type Answer = object | string | ((request: IncomingMessage, response: ServerResponse) => void);

interface Asked {
  readonly authorization: string | undefined;
  readonly form: { readonly [name: string]: string };
}

/** A token server that gives `token-1`, `token-2` and so on, and an API that takes only those it is told to. */
async function world(t: TestContext, answer: (count: number) => Answer = () => ({ expires_in: 3600 })) {
  const asked: Asked[] = [];
  const calls: { token: string | undefined; headers: IncomingMessage['headers'] }[] = [];
  const state = {
    accepts: (_token: string | undefined) => true,
    refusal: 401,
    etag: undefined as string | undefined,
  };
  const tokens = await serve(t, async (request, response) => {
    const form = Object.fromEntries(new URLSearchParams(await text(request)));
    asked.push({ authorization: request.headers.authorization, form });
    const said = answer(asked.length);
    if (typeof said === 'function') return said(request, response);
    const body =
      typeof said === 'string' ? said : JSON.stringify({ access_token: `token-${asked.length}`, ...said });
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  });
  const api = await serve(t, (request, response) => {
    const token = request.headers.authorization?.replace('Bearer ', '');
    calls.push({ token, headers: request.headers });
    if (!state.accepts(token)) return void response.writeHead(state.refusal).end();
    if (state.etag && request.headers['if-none-match'] === state.etag)
      return void response.writeHead(304).end();
    response.writeHead(200, state.etag ? { etag: state.etag } : {}).end(`by ${token}`);
  });
  const auth = (more: Partial<OAuth2> = {}): OAuth2 => ({
    type: 'oauth2',
    token_url: `${tokens}/token`,
    client_id: new Secret('the client'),
    client_secret: new Secret('s3cr3t/+&'),
    style: 'basic',
    refresh_on: [401],
    ...more,
  });
  return { asked, calls, state, tokens, api, auth };
}

test('a token is asked for with basic authentication, and used for all polls', async (t) => {
  const { asked, api, auth } = await world(t);
  const hidden: string[] = [];
  const fetch = fetchingTheirWay(t, new FakeClock(), hidden);
  const crm = source(api, { auth: auth({ scope: 'read write', audience: 'crm' }) });
  assert.equal(bodyOf(await fetch(crm)), 'by token-1');
  assert.equal(bodyOf(await fetch(crm)), 'by token-1');
  const encoded = Buffer.from('the+client:s3cr3t%2F%2B%26').toString('base64');
  const form = { grant_type: 'client_credentials', scope: 'read write', audience: 'crm' };
  assert.deepEqual(asked, [{ authorization: `Basic ${encoded}`, form }]);
  assert.deepEqual(hidden, ['token-1']);
});

test('id and secret in the body', async (t) => {
  const { asked, api, auth } = await world(t);
  await fetchingTheirWay(t)(source(api, { auth: auth({ style: 'body' }) }));
  const form = { grant_type: 'client_credentials', client_id: 'the client', client_secret: 's3cr3t/+&' };
  assert.deepEqual(asked, [{ authorization: undefined, form }]);
});

test('many sources with the same credentials ask once, others on their own', async (t) => {
  const { asked, api, auth } = await world(t);
  const fetch = fetchingTheirWay(t);
  const same = Array.from({ length: 20 }, (_, at) => source(`${api}/${at}`, { auth: auth() }));
  assert.equal(new Set((await Promise.all(same.map((one) => fetch(one)))).map(bodyOf)).size, 1);
  assert.equal(asked.length, 1);
  assert.equal(bodyOf(await fetch(source(api, { auth: auth({ scope: 'other' }) }))), 'by token-2');
});

test('a token is renewed before it expires, and while that fails the old one is used', async (t) => {
  const { asked, api, auth } = await world(t, (count) =>
    count === 2 ? (_, response) => response.writeHead(503).end() : { expires_in: '600' },
  );
  const clock = new FakeClock();
  const fetch = fetchingTheirWay(t, clock);
  const crm = source(api, { auth: auth() });
  await fetch(crm);
  await clock.advance(539_000);
  assert.equal(bodyOf(await fetch(crm)), 'by token-1');
  assert.equal(asked.length, 1);
  await clock.advance(2000);
  assert.equal(bodyOf(await fetch(crm)), 'by token-1');
  assert.equal(asked.length, 2);
  assert.equal(bodyOf(await fetch(crm)), 'by token-3');
});

test('a refused token is renewed once, and once for all who were refused with it', async (t) => {
  const { asked, calls, state, api, auth } = await world(t);
  const fetch = fetchingTheirWay(t);
  const both = [1, 2].map((at) => source(`${api}/${at}`, { auth: auth() }));
  await Promise.all(both.map((one) => fetch(one)));
  state.accepts = (token) => token !== 'token-1';
  assert.deepEqual((await Promise.all(both.map((one) => fetch(one)))).map(bodyOf), [
    'by token-2',
    'by token-2',
  ]);
  assert.equal(asked.length, 2);

  state.accepts = () => false;
  calls.length = 0;
  assert.match(failureOf(await fetch(both[0] ?? source(api))), /^FETCH_CREDENTIALS .* answered 401/);
  assert.equal(asked.length, 3);
  assert.deepEqual(
    calls.map(({ token }) => token),
    ['token-2', 'token-3'],
  );
});

test('403 renews only where `refresh_on` says so', async (t) => {
  const { asked, state, api, auth } = await world(t);
  const fetch = fetchingTheirWay(t);
  state.refusal = 403;
  state.accepts = (token) => token === 'token-3';
  assert.match(failureOf(await fetch(source(api, { auth: auth() }))), /answered 403/);
  assert.equal(asked.length, 1);
  const patient = source(api, { auth: auth({ refresh_on: [401, 403] }) });
  assert.equal(bodyOf(await fetch(patient)), 'by token-3');
});

test('a renewed token is no change of credentials: the ETag stays of use', async (t) => {
  const { calls, state, api, auth } = await world(t);
  const fetch = fetchingTheirWay(t);
  state.etag = '"v1"';
  const first = await fetch(source(api, { auth: auth() }));
  state.accepts = (token) => token !== 'token-1';
  const again = await fetch(source(api, { auth: auth() }), first.validators);
  assert.equal(again.kind, 'not_modified');
  assert.equal(calls.at(-1)?.token, 'token-2');
  // Other credentials may see other things.
  const other = await fetch(source(api, { auth: auth({ scope: 'more' }) }), first.validators);
  assert.equal(other.kind, 'body');
});

test('no token goes to another origin', async (t) => {
  const { api: elsewhere, calls } = await world(t);
  const { auth } = await world(t);
  const origin = await serve(t, (_, response) => response.writeHead(302, { location: elsewhere }).end());
  await fetchingTheirWay(t)(source(origin, { auth: auth() }));
  assert.deepEqual(
    calls.map(({ headers }) => headers.authorization),
    [undefined],
  );
});

const garbage: [name: string, answer: Answer, expected: RegExp][] = [
  ['an HTML page', '<html>', /^FETCH_STATUS .*: the token server .* gave no `access_token`$/],
  ['nothing', '', /gave no `access_token`/],
  ['null', 'null', /gave no `access_token`/],
  ['no token', '{"access_token":null}', /gave no `access_token`/],
  ['a token with a line break', { access_token: 'a\r\nx: y' }, /gave no `access_token`/],
  ['an endless answer', (_, response) => void response.end('x'.repeat(2_000_000)), /the answer is too large/],
  [
    'a redirect',
    (_, response) => response.writeHead(302, { location: '/elsewhere' }).end(),
    /^FETCH_STATUS .* answered 302$/,
  ],
  [
    'invalid_client',
    (_, response) => response.writeHead(401).end('{"error":"invalid_client"}'),
    /^FETCH_CREDENTIALS 127\.0\.0\.1:\d+: the token server 127\.0\.0\.1:\d+ answered 401 \(invalid_client\)$/,
  ],
  [
    'an error that echoes the secret',
    (_, response) => response.writeHead(400).end('{"error":"s3cr3t/+&"}'),
    /^FETCH_CREDENTIALS .* answered 400$/,
  ],
  ['a broken connection', (request) => request.socket.destroy(), /^FETCH_UNREACHABLE .*the token server/],
];

for (const [name, answer, expected] of garbage) {
  test(`the token server answers with ${name}`, async (t) => {
    const { calls, api, auth } = await world(t, () => answer);
    // Not a single retry: the deadline is nearer than the first wait.
    const failure = failureOf(await fetchingTheirWay(t)(source(api, { auth: auth(), timeout: 200 })));
    assert.match(failure, expected);
    assert.ok(!failure.includes('s3cr3t'));
    assert.equal(calls.length, 0);
  });
}

for (const life of [0, -1, 'soon', null, 1e300]) {
  test(`a token is used until it is refused when expires_in is ${life}`, async (t) => {
    const { asked, state, api, auth } = await world(t, () => ({ expires_in: life }));
    const clock = new FakeClock();
    const fetch = fetchingTheirWay(t, clock);
    const crm = source(api, { auth: auth() });
    await fetch(crm);
    await clock.advance(86_400_000);
    await fetch(crm);
    assert.equal(asked.length, 1);
    state.accepts = (token) => token === 'token-2';
    assert.equal(bodyOf(await fetch(crm)), 'by token-2');
  });
}

test('a token server that asks for a pause', async (t) => {
  const { api, auth } = await world(
    t,
    () => (_, response) => response.writeHead(429, { 'retry-after': '120' }).end(),
  );
  const clock = new FakeClock();
  const fetched = await fetchingTheirWay(t, clock)(source(api, { auth: auth() }));
  assert.match(failureOf(fetched), /^FETCH_LIMITED/);
  assert.equal(fetched.notBefore, clock.now() + 120_000);
});

test('a poll that gives up waiting leaves the token to others', async (t) => {
  let release = () => {};
  const { asked, api, auth } = await world(t, () => (_, response) => {
    release = () => response.end('{"access_token":"late"}');
  });
  const clock = new FakeClock();
  const fetch = fetchingTheirWay(t, clock);
  const stop = new AbortController();
  const stopped = fetch(source(api, { auth: auth() }), null, stop.signal);
  const waiting = fetch(source(api, { auth: auth() }));
  await until(() => asked.length === 1, 'the token is asked for');
  stop.abort(new Error('stopping'));
  await assert.rejects(stopped, /stopping/);
  release();
  assert.equal(bodyOf(await waiting), 'by late');
  assert.equal(asked.length, 1);
});

test('a token server that never answers is a timeout of the poll', async (t) => {
  const { asked, api, auth } = await world(t, (count) =>
    count === 1 ? (_, response) => response.writeHead(200, { 'content-length': 100 }).flushHeaders() : {},
  );
  const clock = new FakeClock();
  const fetch = fetchingTheirWay(t, clock);
  const crm = source(api, { auth: auth(), timeout: 5000 });
  const fetching = fetch(crm);
  await until(() => asked.length === 1, 'the token is asked for');
  await clock.advance(5001);
  assert.match(
    failureOf(await fetching),
    /^FETCH_TIMEOUT .* (credentials did not come in time|token server)/,
  );
  assert.equal(bodyOf(await fetch(crm)), 'by token-2');
});
