import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import { type TestContext, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { pageOf } from '../../src/fetch/paginate/target.ts';
import type { OAuth2 } from '../../src/lib/http/auth/kinds.ts';
import { Secret } from '../../src/lib/secret.ts';
import { CLIENT, fixture, SERVER, trusting } from '../servers/tls.ts';
import { bodyOf, failureOf, fetchingTheirWay, listening, source } from './fixtures.ts';

/** No retry within the poll: the deadline is nearer than the first wait. */
const ONCE = { timeout: 200 };

async function secure(t: TestContext, listener: RequestListener, options: ServerOptions = {}) {
  return `https://127.0.0.1:${await listening(t, createTlsServer({ ...SERVER, ...options }, listener))}`;
}

const greet: RequestListener = ({ socket }, response) => {
  const { subject } = (socket as TLSSocket).getPeerCertificate();
  response.end(`hello ${subject?.CN ?? 'stranger'}`);
};
const wantsClient = { requestCert: true, ca: fixture('ca.pem') };

test('a certificate of a private authority', async (t) => {
  const origin = await secure(t, greet);
  const fetch = fetchingTheirWay(t);
  assert.match(failureOf(await fetch(source(origin))), /^FETCH_TLS .* signed by nobody that is trusted$/);
  assert.equal(bodyOf(await fetch(source(origin, { tls: trusting() }))), 'hello stranger');
});

test('a certificate for another name, and the name that it has', async (t) => {
  const names: (string | false | null | undefined)[] = [];
  const origin = (
    await secure(t, (request, response) => {
      names.push((request.socket as TLSSocket).servername);
      response.end('data');
    })
  ).replace('127.0.0.1', 'localhost');
  const fetch = fetchingTheirWay(t);
  assert.match(
    failureOf(await fetch(source(origin, { tls: trusting() }))),
    /^FETCH_TLS .* for another host name \(it is for desk\.example, 127\.0\.0\.1\)$/,
  );
  assert.equal(
    bodyOf(await fetch(source(origin, { tls: trusting({ serverName: 'desk.example' }) }))),
    'data',
  );
  assert.deepEqual(names, ['desk.example']);
});

test('any certificate will do with `insecure`', async (t) => {
  const origin = await secure(t, greet, { cert: fixture('cert.pem'), key: fixture('key.pem') });
  assert.equal(
    bodyOf(await fetchingTheirWay(t)(source(origin, { tls: trusting({ insecure: true }) }))),
    'hello stranger',
  );
});

test('a client certificate, shown to a server that wants one', async (t) => {
  const origin = await secure(t, greet, { ...wantsClient, rejectUnauthorized: true });
  const fetch = fetchingTheirWay(t);
  assert.equal(bodyOf(await fetch(source(origin, { tls: trusting({ identity: CLIENT }) }))), 'hello client');
  assert.match(
    failureOf(await fetch(source(origin, { ...ONCE, tls: trusting() }))),
    /^FETCH_(TLS .* client certificate|UNREACHABLE .* closed before an answer)/,
  );
});

test('TLS 1.2: no client certificate', async (t) => {
  const origin = await secure(t, greet, { ...wantsClient, rejectUnauthorized: true, maxVersion: 'TLSv1.2' });
  assert.match(
    failureOf(await fetchingTheirWay(t)(source(origin, { ...ONCE, tls: trusting() }))),
    /client certificate/,
  );
});

test('a client certificate is not shown to a server that a redirect leads to', async (t) => {
  const other = await secure(t, greet, { ...wantsClient, rejectUnauthorized: false });
  const origin = await secure(
    t,
    (request, response) => {
      if (request.url === '/same') return greet(request, response);
      response.writeHead(302, { location: request.url === '/' ? '/same' : other }).end();
    },
    wantsClient,
  );
  const tls = trusting({ identity: CLIENT });
  const fetch = fetchingTheirWay(t);
  assert.equal(bodyOf(await fetch(source(`${origin}/`, { tls }))), 'hello client');
  assert.equal(bodyOf(await fetch(source(`${origin}/away`, { tls }))), 'hello stranger');
});

test('`insecure` is not for the servers that a redirect leads to', async (t) => {
  const other = await secure(t, greet, { cert: fixture('cert.pem'), key: fixture('key.pem') });
  const origin = await secure(t, (_, response) => response.writeHead(302, { location: other }).end());
  const fetched = await fetchingTheirWay(t)(source(origin, { tls: trusting({ insecure: true }) }));
  assert.match(failureOf(fetched), /^FETCH_TLS .* self-signed$/);
});

test('a page on another server is asked for without the client certificate', async (t) => {
  const other = await secure(t, greet, { ...wantsClient, rejectUnauthorized: false });
  const origin = await secure(t, greet, wantsClient);
  const first = source(origin, { tls: trusting({ identity: CLIENT }) });
  const fetch = fetchingTheirWay(t);
  const page = (url: string) => fetch(pageOf(first, { kind: 'url', url }));
  assert.equal(bodyOf(await page(`${origin}/2`)), 'hello client');
  assert.equal(bodyOf(await page(`${other}/3`)), 'hello stranger');
});

test('the server of the tokens is one that the operator named', async (t) => {
  const tokens = await secure(
    t,
    ({ socket }, response) => {
      const { subject } = (socket as TLSSocket).getPeerCertificate();
      response.end(JSON.stringify({ access_token: `for-${subject?.CN}` }));
    },
    wantsClient,
  );
  const origin = await secure(t, (request, response) => void response.end(request.headers.authorization));
  const auth: OAuth2 = {
    type: 'oauth2',
    token_url: tokens,
    client_id: new Secret('id'),
    client_secret: new Secret('secret'),
    style: 'basic',
    refresh_on: [401],
  };
  const fetched = await fetchingTheirWay(t)(source(origin, { auth, tls: trusting({ identity: CLIENT }) }));
  assert.equal(bodyOf(fetched), 'Bearer for-client');
});

test('another client certificate may see other data: the ETag is not used', async (t) => {
  const origin = await secure(t, (_, response) => response.writeHead(200, { etag: '"1"' }).end('data'));
  const fetch = fetchingTheirWay(t);
  const plain = await fetch(source(origin, { tls: trusting() }));
  const other = await fetch(source(origin, { tls: trusting({ identity: CLIENT }) }));
  assert.notEqual(plain.validators?.request, other.validators?.request);
});

test('a server with TLS that is too old', async (t) => {
  const origin = await secure(t, greet, {
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  });
  const failure = failureOf(await fetchingTheirWay(t)(source(origin, { ...ONCE, tls: trusting() })));
  assert.match(failure, /^FETCH_TLS .* speaks only TLS versions that are too old$/);
});
