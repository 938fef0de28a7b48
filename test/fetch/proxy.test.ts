import assert from 'node:assert/strict';
import { createServer as createTlsServer } from 'node:https';
import { type TestContext, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import type { SourceConfig } from '../../src/config/document.ts';
import { type Proxies, proxyServer } from '../../src/lib/http/proxy.ts';
import { serveProxy } from '../servers/proxy.ts';
import { CLIENT, fixture, SERVER, trusting } from '../servers/tls.ts';
import {
  bodyOf,
  failureOf,
  fetchingTheirWay,
  listening,
  serve,
  serveBytes,
  serveRaw,
  source,
} from './fixtures.ts';

/** No retry within the poll: the deadline is nearer than the first wait. */
const ONCE = { timeout: 200 };

function through(url: string): Proxies {
  const server = proxyServer(url);
  assert.ok(!('mistake' in server));
  return { http: server, https: server, bypass: [] };
}

function withUser(origin: string, user: string): string {
  return origin.replace('//', `//${user}@`);
}

async function secure(t: TestContext): Promise<{ url: string; tls: SourceConfig['tls'] }> {
  const port = await listening(
    t,
    createTlsServer(SERVER, (request, response) => void response.end(`safe ${request.url}`)),
  );
  return { url: `https://desk.example:${port}/tickets?q=1`, tls: trusting() };
}

test('http goes through a proxy as a whole request, with its own credentials', async (t) => {
  const seen: (string | undefined)[] = [];
  const origin = await serve(t, ({ url, headers }, response) => {
    seen.push(url, headers.host);
    response.end('data');
  });
  const proxy = await serveProxy(t, { user: 'ann:p@ss' });
  proxy.hosts.set('desk.example', '127.0.0.1');
  const url = `http://desk.example:${new URL(origin).port}/tickets?q=1`;
  const proxies = through(withUser(proxy.origin, 'ann:p%40ss'));
  const fetch = fetchingTheirWay(t);
  assert.equal(bodyOf(await fetch(source(url, { proxies }))), 'data');
  assert.equal(bodyOf(await fetch(source(url, { proxies, method: 'POST', body: 'x' }))), 'data');
  assert.deepEqual(proxy.lines, [`GET ${url}`, `POST ${url}`]);
  assert.deepEqual(seen.slice(0, 2), ['/tickets?q=1', new URL(url).host]);
});

test('https goes through a tunnel, whose inside the proxy does not see', async (t) => {
  const { url, tls } = await secure(t);
  const proxy = await serveProxy(t, { user: 'ann:secret' });
  proxy.hosts.set('desk.example', '127.0.0.1');
  const proxies = through(withUser(proxy.origin, 'ann:secret'));
  const fetch = fetchingTheirWay(t);
  assert.equal(bodyOf(await fetch(source(url, { tls, proxies }))), 'safe /tickets?q=1');
  assert.equal(bodyOf(await fetch(source(url, { tls, proxies }))), 'safe /tickets?q=1');
  for (const _ of [1, 2, 3, 4]) await fetch(source(url, { tls, proxies }));
  // Two: undici opens another one for a request that is made in the turn in which the last answer ended.
  assert.ok(proxy.lines.length <= 2, proxy.lines.join());
  assert.equal(proxy.lines[0], `CONNECT ${new URL(url).host}`);
  assert.deepEqual(Object.keys(proxy.headers[0] ?? {}).sort(), ['connection', 'host', 'proxy-authorization']);
});

test('a proxy that is reached over TLS itself', async (t) => {
  const { url, tls } = await secure(t);
  const origin = await serve(t, (_, response) => void response.end('data'));
  const proxy = await serveProxy(t, { secure: true });
  proxy.hosts.set('desk.example', '127.0.0.1');
  const proxies = through(proxy.origin);
  const fetch = fetchingTheirWay(t);
  assert.equal(bodyOf(await fetch(source(url, { tls, proxies }))), 'safe /tickets?q=1');
  assert.equal(bodyOf(await fetch(source(origin, { tls, proxies }))), 'data');
  const untrusted = failureOf(await fetch(source(origin, { ...ONCE, proxies })));
  assert.match(
    untrusted,
    /^FETCH_PROXY .*: the proxy .* cannot be used: the certificate is signed by nobody/,
  );
});

test('a client certificate goes through a tunnel to the server, and not to the proxy', async (t) => {
  const names: (string | undefined)[] = [];
  const server = createTlsServer(
    { ...SERVER, requestCert: true, ca: fixture('ca.pem') },
    ({ socket }, response) => {
      names.push(String((socket as TLSSocket).getPeerCertificate().subject?.CN));
      response.end('data');
    },
  );
  const port = await listening(t, server);
  const proxy = await serveProxy(t, { secure: true });
  const tls = trusting({ identity: CLIENT });
  const one = source(`https://127.0.0.1:${port}/`, { tls, proxies: through(proxy.origin) });
  assert.equal(bodyOf(await fetchingTheirWay(t)(one)), 'data');
  assert.deepEqual(names, ['client']);
});

const FAULTS: readonly [name: string, settings: Parameters<typeof serveProxy>[1], expected: RegExp][] = [
  ['wants credentials', { user: 'ann:secret' }, /wants a user name and password, or other ones \(407\)$/],
  [
    'forbids the host',
    { refuse: 'HTTP/1.1 403 Forbidden\r\n\r\n' },
    /refused to connect to desk\.example:\d+ \(403\)$/,
  ],
  [
    'cannot reach the host',
    { refuse: 'HTTP/1.1 503 Busy\r\ncontent-length: 3\r\n\r\nno!' },
    /refused to connect to .* \(503\)$/,
  ],
  [
    'hangs up',
    { refuse: '' },
    /did not connect to desk\.example:\d+: the connection was closed before an answer$/,
  ],
  [
    'speaks no HTTP',
    { refuse: 'SSH-2.0-OpenSSH\r\n' },
    /did not connect to .*: what answers does not speak HTTP$/,
  ],
];

for (const [name, settings, expected] of FAULTS) {
  test(`the fault is the proxy's when it ${name}`, async (t) => {
    const proxy = await serveProxy(t, settings);
    const proxies = through(withUser(proxy.origin, 'ann:hidden'));
    const { url, tls } = await secure(t);
    const failure = failureOf(await fetchingTheirWay(t)(source(url, { ...ONCE, tls, proxies })));
    assert.match(failure, expected);
    assert.match(failure, /^FETCH_PROXY desk\.example:\d+: the proxy 127\.0\.0\.1:\d+ /);
    assert.ok(!failure.includes('hidden'));
  });
}

test('407 is the proxy, not the server, for http, too', async (t) => {
  const proxy = await serveProxy(t, { user: 'ann:secret' });
  const fetched = await fetchingTheirWay(t)(
    source('http://desk.example/', { ...ONCE, proxies: through(proxy.origin) }),
  );
  assert.match(
    failureOf(fetched),
    /^FETCH_PROXY desk\.example:80: the proxy 127\.0\.0\.1:\d+ wants a user name/,
  );
  assert.equal(fetched.status, null);
});

test('a proxy that is not there', async (t) => {
  for (const url of ['http://desk.example/', 'https://desk.example/']) {
    const fetched = await fetchingTheirWay(t)(
      source(url, { ...ONCE, proxies: through('http://127.0.0.1:1') }),
    );
    assert.match(
      failureOf(fetched),
      /^FETCH_PROXY desk\.example:\d+: the proxy 127\.0\.0\.1:1 .*connection refused$/,
    );
  }
});

test('behind a proxy, faults of the server are still its own', async (t) => {
  const proxy = await serveProxy(t);
  const proxies = through(proxy.origin);
  const { url } = await secure(t);
  proxy.hosts.set('desk.example', '127.0.0.1');
  const fetch = fetchingTheirWay(t);
  assert.match(failureOf(await fetch(source(url, { ...ONCE, proxies }))), /^FETCH_TLS desk\.example/);
  const reset = await serveRaw(t, (socket) => socket.once('data', () => socket.resetAndDestroy()));
  const closed = await fetch(source(reset.replace('http:', 'https:'), { ...ONCE, proxies }));
  assert.match(failureOf(closed), /^FETCH_(UNREACHABLE|TLS) 127\.0\.0\.1/);
  const gone = await fetch(source('http://127.0.0.1:1/', { ...ONCE, proxies }));
  assert.match(failureOf(gone), /^FETCH_STATUS .* answered 502/);
});

test('each URL takes its own way: redirects included', async (t) => {
  const proxy = await serveProxy(t);
  const target = await serve(t, (_, response) => void response.end('direct'));
  proxy.hosts.set('desk.example', '127.0.0.1');
  const origin = await serve(t, (_, response) => response.writeHead(302, { location: target }).end());
  const proxies = { ...through(proxy.origin), bypass: ['127.0.0.0/8'] };
  const url = `http://desk.example:${new URL(origin).port}/`;
  assert.equal(bodyOf(await fetchingTheirWay(t)(source(url, { proxies }))), 'direct');
  assert.deepEqual(proxy.lines, [`GET ${url}`]);
});

test('a poll is over in time though a proxy never answers', async (t) => {
  const silent = await serveBytes(t, '', false);
  const controller = new AbortController();
  const fetching = fetchingTheirWay(t)(
    source('https://desk.example/', { proxies: through(silent) }),
    null,
    controller.signal,
  );
  controller.abort(new Error('over'));
  await assert.rejects(fetching, /over/);
});
