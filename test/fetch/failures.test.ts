import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import type { LookupFunction } from 'node:net';
import { test } from 'node:test';
import { Agent } from 'undici';
import { FakeClock, until } from '../fake-clock.ts';
import { bodyOf, failureOf, fetching, listening, serve, serveBytes, serveRaw, source } from './fixtures.ts';

// The retries of a GET would only repeat what these servers do; a POST that arrived is not repeated.
const once = { method: 'POST' };
const OK = 'HTTP/1.1 200 OK\r\n';

const accepted: [name: string, bytes: string, expected: string][] = [
  ['HTTP/1.0 that ends by closing', 'HTTP/1.0 200 OK\r\n\r\n[1]', '[1]'],
  ['HTTP/1.1 without a length that ends by closing', `${OK}connection: close\r\n\r\n[1]`, '[1]'],
  ['chunks', `${OK}transfer-encoding: chunked\r\n\r\n2\r\n[1\r\n1\r\n]\r\n0\r\n\r\n`, '[1]'],
  [
    'hints before the answer',
    `HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${OK}content-length: 3\r\n\r\n[1]`,
    '[1]',
  ],
  ['an empty answer', `${OK}content-length: 0\r\n\r\n`, ''],
];

for (const [name, bytes, expected] of accepted) {
  test(`accepted: ${name}`, async (t) => {
    assert.equal(bodyOf(await fetching(t)(source(await serveBytes(t, bytes), once))), expected);
  });
}

const broken: [name: string, bytes: string, expected: RegExp][] = [
  [
    'less than announced',
    `${OK}content-length: 10\r\n\r\n[1`,
    /^FETCH_TRUNCATED .* incomplete: the connection ended$/,
  ],
  [
    'chunks without an end',
    `${OK}transfer-encoding: chunked\r\n\r\n2\r\n[1\r\n`,
    /^FETCH_TRUNCATED .* the connection ended$/,
  ],
  ['half a chunk', `${OK}transfer-encoding: chunked\r\n\r\n9\r\n[1`, /^FETCH_TRUNCATED /],
  [
    'chunks with a broken frame',
    `${OK}transfer-encoding: chunked\r\n\r\nzz\r\n[1`,
    /^FETCH_TRUNCATED .* framing is broken$/,
  ],
  ['half the headers', 'HTTP/1.1 200 OK\r\ncontent-', /^FETCH_UNREACHABLE .* closed before an answer$/],
  ['nothing at all', '', /^FETCH_UNREACHABLE .* closed before an answer$/],
  [
    'a 100 Continue that nobody asked for',
    'HTTP/1.1 100 Continue\r\n\r\n',
    /^FETCH_PROTOCOL .* 100 Continue, which was not asked for$/,
  ],
  ['another protocol', 'SSH-2.0-OpenSSH_9.9\r\n', /^FETCH_PROTOCOL .* does not speak HTTP$/],
  ['endless headers', `${OK}x: ${'y'.repeat(20_000)}\r\n\r\n`, /^FETCH_PROTOCOL .* headers are too large$/],
];

for (const [name, bytes, expected] of broken) {
  test(`broken: ${name}`, async (t) => {
    const fetched = await fetching(t)(source(`${await serveBytes(t, bytes)}/?k=hidden`, once));
    assert.match(failureOf(fetched), expected);
    assert.match(failureOf(fetched), /^\w+ 127\.0\.0\.1:\d+/);
    assert.doesNotMatch(failureOf(fetched), /hidden/);
    assert.equal(fetched.status, null);
  });
}

test('broken: the connection is reset before an answer', async (t) => {
  const origin = await serveRaw(t, (socket) => void socket.once('data', () => socket.resetAndDestroy()));
  assert.match(
    failureOf(await fetching(t)(source(origin, once))),
    /^FETCH_UNREACHABLE .* reset before an answer$/,
  );
});

test('broken: the connection is reset in the middle of an answer', async (t) => {
  const origin = await serveRaw(t, (socket) => {
    socket.once('data', () =>
      socket.write(`${OK}content-length: 10\r\n\r\n[1`, () => setImmediate(() => socket.resetAndDestroy())),
    );
  });
  assert.match(failureOf(await fetching(t)(source(origin, once))), /^FETCH_(TRUNCATED|UNREACHABLE) /);
});

test('unreachable: nobody listens', async (t) => {
  // Not a single retry: the deadline is nearer than the first wait.
  const settings = { timeout: 200 };
  assert.match(
    failureOf(await fetching(t)(source('http://127.0.0.1:1/?k=hidden', settings))),
    /^FETCH_UNREACHABLE 127\.0\.0\.1:1: connection refused$/,
  );
});

test('unreachable: no such host', async (t) => {
  const error = Object.assign(new Error('getaddrinfo ENOTFOUND desk.invalid'), { code: 'ENOTFOUND' });
  const lookup: LookupFunction = (_, __, done) => done(error, '');
  const agent = new Agent({ connect: { lookup } });
  const fetch = fetching(t, new FakeClock(), agent);
  const fetched = await fetch(source('http://desk.invalid/', { timeout: 200 }));
  assert.match(failureOf(fetched), /^FETCH_UNREACHABLE desk\.invalid:80: the host name does not exist$/);
});

const fixture = (name: string) => readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url));
const identity = { cert: fixture('cert.pem'), key: fixture('key.pem') };

test('TLS: a trusted certificate', async (t) => {
  const port = await listening(
    t,
    createTlsServer(identity, (_, response) => void response.end('safe')),
  );
  const fetch = fetching(t, new FakeClock(), new Agent({ connect: { ca: identity.cert }, allowH2: false }));
  assert.equal(bodyOf(await fetch(source(`https://localhost:${port}/`))), 'safe');
});

test('TLS: a self-signed certificate', async (t) => {
  const port = await listening(t, createTlsServer(identity));
  const fetched = await fetching(t)(source(`https://127.0.0.1:${port}/`));
  assert.equal(failureOf(fetched), `FETCH_TLS 127.0.0.1:${port}: the certificate is self-signed`);
});

test('TLS: a certificate for another name', async (t) => {
  const port = await listening(t, createTlsServer(identity));
  const connect = { ca: identity.cert, servername: 'other.example' };
  const fetch = fetching(t, new FakeClock(), new Agent({ connect, allowH2: false }));
  assert.match(
    failureOf(await fetch(source(`https://127.0.0.1:${port}/`))),
    /^FETCH_TLS .* for another host name \(it is for .+\)$/,
  );
});

test('TLS: a server that speaks plain HTTP', async (t) => {
  const origin = await serve(t, (_, response) => void response.end());
  const fetched = await fetching(t)(source(origin.replace('http:', 'https:')));
  assert.match(failureOf(fetched), /^FETCH_TLS .* does not speak TLS; perhaps it is http:\/\/$/);
});

test('plain HTTP to a server that speaks TLS', async (t) => {
  const port = await listening(t, createTlsServer(identity));
  assert.match(
    failureOf(await fetching(t)(source(`http://127.0.0.1:${port}/`, once))),
    /^FETCH_(UNREACHABLE|PROTOCOL) /,
  );
});

// Two: undici opens another one for a request that is made in the same turn in which the last answer ended.
test('connections are used again after each kind of answer that was read to its end', async (t) => {
  const ports = new Set<number | undefined>();
  const statuses = [200, 204, 302, 404, 500, 429, 200, 204, 302, 404, 500, 429];
  let at = 0;
  const origin = await serve(t, (request, response) => {
    ports.add(request.socket.remotePort);
    response.writeHead(statuses[at++] ?? 200, { location: '/' }).end(request.url);
  });
  const fetch = fetching(t);
  for (const _ of statuses) await fetch(source(origin, { redirects: 0 }));
  assert.ok(ports.size <= 2, `${ports.size} connections`);
});

test('a body that is given up closes its connection', async (t) => {
  let closed = false;
  const origin = await serve(t, (_, response) => {
    response.on('close', () => {
      closed = true;
    });
    response.write('x'.repeat(100_000));
  });
  failureOf(await fetching(t)(source(origin, { max_body: 10 })));
  await until(() => closed, 'the server sees the connection close');
});

test('broken: hints, but no answer', async (t) => {
  const origin = await serveBytes(t, 'HTTP/1.1 103 Early Hints\r\n\r\n');
  assert.match(
    failureOf(await fetching(t)(source(origin, once))),
    /^FETCH_UNREACHABLE .* closed before an answer$/,
  );
});
