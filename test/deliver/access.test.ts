import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import type { WebhookConfig } from '../../src/config/document.ts';
import { createAccesses } from '../../src/lib/http/auth/accesses.ts';
import type { Auth } from '../../src/lib/http/auth/kinds.ts';
import { type Proxies, proxyServer } from '../../src/lib/http/proxy.ts';
import { createTransports, routeOf } from '../../src/lib/http/transport.ts';
import { Redactor } from '../../src/lib/redact.ts';
import { Secret } from '../../src/lib/secret.ts';
import { FakeClock, until } from '../fake-clock.ts';
import { serveProxy } from '../servers/proxy.ts';
import { CLIENT, fixture, SERVER, trusting } from '../servers/tls.ts';
import { delivery, dispatching, SECONDS, SECRET, serve, webhook } from './fixtures.ts';
import { MemoryStore } from './memory-store.ts';

/** Delivers one event to a webhook as the daemon does, and gives what the first attempt came to. */
async function deliver(t: TestContext, settings: Partial<WebhookConfig>) {
  const clock = new FakeClock();
  const store = new MemoryStore();
  const redactor = new Redactor([SECRET]);
  const transports = createTransports();
  t.after(() => transports[Symbol.asyncDispose]());
  const accesses = createAccesses(clock, redactor);
  store.owe(delivery(1, { nextAttempt: clock.now() }));
  dispatching(t, [webhook(settings)], {
    store,
    clock,
    redactor,
    http: (to) => transports.dispatcher(routeOf(to)),
    accesses,
  });
  await until(() => store.settlements.length > 0, 'an attempt is over');
  const [settlement] = store.settlements;
  return { ...settlement?.attempt, clock, accesses, redactor };
}

/** A receiver that notes requests and answers them with a status, 204 by default. */
async function receiving(
  t: TestContext,
  answer: (request: IncomingMessage, body: string) => number = () => 204,
) {
  const seen: { headers: IncomingMessage['headers']; path: string | undefined; body: string }[] = [];
  const origin = await serve(t, async (request, response) => {
    const body = await text(request);
    seen.push({ headers: request.headers, path: request.url, body });
    const status = answer(request, body);
    if (status === 401) response.setHeader('www-authenticate', 'Digest realm="r", nonce="n", qop="auth-int"');
    response.writeHead(status).end(String(request.headers.authorization));
  });
  return { url: `${origin}/hooks?a=b`, seen };
}

function through(origin: string): Proxies {
  const server = proxyServer(origin);
  assert.ok(!('mistake' in server));
  return { http: server, https: server, bypass: [] };
}

const KINDS: readonly [auth: Auth, header: string, expected: string | undefined, path: string][] = [
  [
    { type: 'basic', username: new Secret('ann'), password: new Secret('pw') },
    'authorization',
    'Basic YW5uOnB3',
    '/hooks?a=b',
  ],
  [{ type: 'bearer', token: new Secret('tok') }, 'authorization', 'Bearer tok', '/hooks?a=b'],
  [{ type: 'header', name: 'X-Api-Key', value: new Secret('key') }, 'x-api-key', 'key', '/hooks?a=b'],
  [
    { type: 'query', name: 'key', value: new Secret('a b') },
    'authorization',
    undefined,
    '/hooks?a=b&key=a%20b',
  ],
];

for (const [auth, header, expected, path] of KINDS) {
  test(`a receiver that wants ${auth.type}`, async (t) => {
    const { url, seen } = await receiving(t);
    assert.equal((await deliver(t, { url, auth })).outcome, 'delivered');
    assert.deepEqual([seen[0]?.headers[header], seen[0]?.path], [expected, path]);
    assert.ok(seen[0]?.headers['webhook-signature']);
  });
}

test('a key in the query of a URL that has none', async (t) => {
  const { url, seen } = await receiving(t);
  const auth: Auth = { type: 'query', name: 'the key', value: new Secret('v&l') };
  await deliver(t, { url: url.replace(/\?.*/, ''), auth });
  assert.equal(seen[0]?.path, '/hooks?the%20key=v%26l');
});

test('a session in cookies, beside a cookie of its own', async (t) => {
  const { url, seen } = await receiving(t);
  const logins = await serve(t, (_, response) => response.setHeader('set-cookie', 'session=abc').end());
  const auth: Auth = { type: 'login', url: `${logins}/login`, method: 'POST', headers: {} };
  await deliver(t, { url, auth, headers: { Cookie: new Secret('team=desk') } });
  assert.equal(seen[0]?.headers.cookie, 'team=desk; session=abc');
});

function oauth2(tokens: string): Auth {
  const [client_id, client_secret] = [new Secret('the-client'), new Secret('the-secret')];
  return { type: 'oauth2', token_url: tokens, client_id, client_secret, style: 'basic', refresh_on: [401] };
}

test('a receiver that wants OAuth 2.0: a refused token is renewed within the attempt, and never shown', async (t) => {
  let count = 0;
  const tokens = await serve(t, (request, response) => {
    assert.match(request.headers['user-agent'] ?? '', /^pollhook/);
    response.end(JSON.stringify({ access_token: `token-${++count}`, expires_in: 60 }));
  });
  const { url, seen } = await receiving(t, ({ headers }) =>
    headers.authorization === 'Bearer token-2' ? 500 : 401,
  );
  const auth = oauth2(tokens);
  const { status, answer, accesses, redactor } = await deliver(t, { url, auth });
  assert.deepEqual(
    seen.map(({ headers }) => [headers.authorization, headers['pollhook-attempt']]),
    [
      ['Bearer token-1', '1'],
      ['Bearer token-2', '1'],
    ],
  );
  assert.equal(seen[0]?.headers['webhook-signature'], seen[1]?.headers['webhook-signature']);
  assert.deepEqual([status, answer], [500, 'Bearer [secret]']);
  accesses.keepOnly([auth]);
  assert.equal(redactor.redact('token-2'), '[secret]');
  accesses.keepOnly([]);
  assert.equal(redactor.redact('token-2'), 'token-2', 'reload after reload nothing gathers');
});

test('no token, no delivery: the attempt failed and says why', async (t) => {
  const tokens = await serve(t, (_, response) => response.writeHead(400).end('{"error":"invalid_client"}'));
  const { url, seen } = await receiving(t);
  const { outcome, status, error } = await deliver(t, { url, auth: oauth2(tokens) });
  assert.deepEqual([outcome, status, seen.length], ['failed', null, 0]);
  assert.match(error ?? '', /^127\.0\.0\.1:\d+: the token server .* answered 400 \(invalid_client\)$/);
});

test('a receiver that wants a digest, of the body too', async (t) => {
  const { url, seen } = await receiving(t, ({ headers }) => (headers.authorization ? 204 : 401));
  const auth: Auth = { type: 'digest', username: new Secret('ann'), password: new Secret('pw') };
  assert.equal((await deliver(t, { url, auth })).outcome, 'delivered');
  assert.match(seen[1]?.headers.authorization ?? '', /uri="\/hooks\?a=b".*qop=auth-int, nc=00000001/);
  assert.equal(seen[0]?.body, seen[1]?.body);
});

test('a receiver that wants a client certificate', async (t) => {
  const names: string[] = [];
  const server = createTlsServer(
    { ...SERVER, requestCert: true, ca: fixture('ca.pem') },
    ({ socket }, response) => {
      names.push(String((socket as TLSSocket).getPeerCertificate().subject.CN));
      response.writeHead(204).end();
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  assert.equal((await deliver(t, { url, tls: trusting({ identity: CLIENT }) })).outcome, 'delivered');
  assert.deepEqual(names, ['client']);
});

test('through a proxy, whose faults are not those of the receiver', async (t) => {
  const { url, seen } = await receiving(t);
  const proxy = await serveProxy(t);
  assert.equal((await deliver(t, { url, proxies: through(proxy.origin) })).outcome, 'delivered');
  assert.deepEqual([proxy.lines, seen.length], [[`POST ${url}`], 1]);

  const guarded = await serveProxy(t, { user: 'a:b' });
  const refused = await deliver(t, { url, proxies: through(guarded.origin) });
  assert.equal(refused.status, null);
  assert.match(refused.error ?? '', /: the proxy 127\.0\.0\.1:\d+ wants a user name and password/);
});

const NOBODY = { deny_private: true, allow: [] };

for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '2130706433']) {
  test(`egress: nothing is sent to ${host}`, async (t) => {
    const { url, seen } = await receiving(t);
    const { error } = await deliver(t, { url: url.replace('127.0.0.1', host), egress: NOBODY });
    assert.match(error ?? '', /`egress` does not allow connections to /);
    assert.equal(seen.length, 0);
  });
}

test('egress: https, a token server and exceptions', async (t) => {
  const { url, seen } = await receiving(t);
  const secure = await deliver(t, { url: url.replace('http:', 'https:'), egress: NOBODY });
  assert.match(secure.error ?? '', /`egress` does not allow connections to 127\.0\.0\.1$/);
  const tokens = await deliver(t, { url: 'https://receiver.invalid/', auth: oauth2(url), egress: NOBODY });
  assert.match(tokens.error ?? '', /the token server .*: `egress` does not allow/);
  assert.equal(seen.length, 0);
  const allowed = await deliver(t, { url, egress: { deny_private: true, allow: ['127.0.0.0/8'] } });
  assert.equal(allowed.outcome, 'delivered');
});

test('a token server that is silent costs one timeout, not the webhook', async (t) => {
  let asked = 0;
  const tokens = await serve(t, (_, response) => {
    asked += 1;
    if (asked === 2) response.end('{"access_token":"late-token"}');
  });
  const { url } = await receiving(t);
  const clock = new FakeClock();
  const store = new MemoryStore();
  store.owe(delivery(1, { nextAttempt: clock.now() }));
  dispatching(t, [webhook({ url, auth: oauth2(tokens) })], { store, clock });
  await until(() => asked === 1, 'the token is asked for');
  await clock.advance(15 * SECONDS + 1);
  await until(() => store.settlements.length === 1, 'the attempt has failed');
  await clock.advance(10 * SECONDS);
  await until(() => store.settlements.length === 2, 'the attempt is repeated');
  assert.deepEqual(
    store.settlements.map(({ attempt }) => attempt.outcome),
    ['failed', 'delivered'],
  );
});
