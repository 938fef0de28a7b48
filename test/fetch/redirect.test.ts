import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import type { SourceConfig } from '../../src/config/document.ts';
import { redirected } from '../../src/fetch/redirect.ts';
import { requestOf } from '../../src/fetch/request.ts';
import { Secret } from '../../src/lib/secret.ts';
import { bodyOf, failureOf, fetching, serve, source } from './fixtures.ts';

const OWN = ['user-agent', 'pollhook/1'];

/** The request that follows from a redirect, or the failure, in short. */
function after(
  status: number,
  location: string | null,
  settings: Partial<SourceConfig> = {},
  from = 'https://a.example/x/y',
) {
  const next = redirected(requestOf(source(from, settings), OWN), status, location, OWN);
  return 'code' in next ? `${next.code} ${next.message}` : next;
}

const methods: [status: number, method: string, expected: string][] = [
  [301, 'GET', 'GET'],
  [301, 'POST', 'GET'],
  [301, 'PUT', 'PUT'],
  [302, 'POST', 'GET'],
  [302, 'HEAD', 'HEAD'],
  [303, 'POST', 'GET'],
  [303, 'PUT', 'GET'],
  [303, 'HEAD', 'HEAD'],
  [307, 'POST', 'POST'],
  [308, 'POST', 'POST'],
];

for (const [status, method, expected] of methods) {
  test(`redirect: ${method} after ${status} is ${expected}`, () => {
    const next = after(status, '/z', { method, body: 'b', content_type: 'text/plain' });
    assert.ok(typeof next !== 'string');
    assert.equal(next.method, expected);
    assert.equal(next.body?.toString(), method === expected ? 'b' : undefined);
    assert.equal(next.headers.includes('content-type'), method === expected);
  });
}

const targets: [name: string, location: string, expected: string][] = [
  ['absolute path', '/z', 'https://a.example/z'],
  ['relative path', 'z?q=1#top', 'https://a.example/x/z?q=1'],
  ['another host', 'https://b.example/z', 'https://b.example/z'],
  ['same scheme', '//b.example/z', 'https://b.example/z'],
  ['UTF-8 bytes', Buffer.from('/caf\u00e9').toString('latin1'), 'https://a.example/caf%C3%A9'],
  ['user info is dropped', 'https://me:pw@b.example/', 'https://b.example/'],
];

for (const [name, location, expected] of targets) {
  test(`redirect target: ${name}`, () => {
    const next = after(302, location);
    assert.ok(typeof next !== 'string');
    assert.equal(next.url.href, expected);
  });
}

const refused: [name: string, location: string | null, settings: Partial<SourceConfig>, expected: RegExp][] =
  [
    ['no Location', null, {}, /without saying where/],
    ['not a URL', 'https://[', {}, /not a URL/],
    ['https to http', 'http://a.example/z?t=hidden', {}, /to http:\/\/a\.example\/z, which would leave TLS/],
    ['another scheme', 'file:///etc/passwd', {}, /to file:\/\/\/etc\/passwd: not followed/],
    [
      'a body for another origin',
      'https://b.example/',
      { method: 'POST', body: 'b' },
      /not given the request body/,
    ],
  ];

for (const [name, location, settings, expected] of refused) {
  test(`redirect refused: ${name}`, () => {
    const failure = after(307, location, settings);
    assert.ok(typeof failure === 'string');
    assert.match(failure, /^FETCH_REDIRECT a\.example:443 redirects \(307\) /);
    assert.match(failure, expected);
    assert.doesNotMatch(failure, /hidden/);
  });
}

const secrets: Partial<SourceConfig> = {
  headers: { Cookie: new Secret('c=1'), 'X-Key': new Secret('k') },
  auth: { type: 'query', name: 'api_key', value: new Secret('s') },
};

const origins: [name: string, location: string, kept: boolean][] = [
  ['the same', '/z', true],
  ['the same, written with its port', 'https://A.example:443/z', true],
  ['another host', 'https://b.example/z', false],
  ['a subdomain', 'https://sub.a.example/z', false],
  ['another port', 'https://a.example:444/z', false],
];

for (const [name, location, kept] of origins) {
  test(`redirect credentials: ${name} ${kept ? 'keeps' : 'loses'} them`, () => {
    const next = after(302, location, secrets);
    assert.ok(typeof next !== 'string');
    assert.equal(next.path, kept ? '/z?api_key=s' : '/z');
    assert.equal(next.headers.includes('X-Key'), kept);
    assert.equal(next.headers.includes('Cookie'), kept);
    assert.equal(next.headers.includes('user-agent'), true);
  });
}

test('redirect credentials: http to https of the same host is another origin', () => {
  const next = after(302, 'https://a.example/', secrets, 'http://a.example/');
  assert.ok(typeof next !== 'string');
  assert.equal(next.headers.includes('X-Key'), false);
});

test('redirect credentials: a query that has them already gets them once', () => {
  const next = after(302, '/z?api_key=s', secrets);
  assert.ok(typeof next !== 'string');
  assert.equal(next.path, '/z?api_key=s');
});

/** A server that counts down: /3 redirects to /2, and so on to /0, which answers. */
async function countdown(t: TestContext): Promise<string> {
  return serve(t, (request, response) => {
    const left = Number(request.url?.slice(1));
    if (left === 0) response.end('here');
    else response.writeHead(302, { location: `/${left - 1}` }).end('moved');
  });
}

test('redirects are followed up to the limit', async (t) => {
  const origin = await countdown(t);
  assert.equal(bodyOf(await fetching(t)(source(`${origin}/3`, { redirects: 3 }))), 'here');
  const tooFar = failureOf(await fetching(t)(source(`${origin}/4`, { redirects: 3 })));
  assert.match(tooFar, /^FETCH_REDIRECT .*\/0, which is one redirect more than `redirects: 3` allows$/);
});

test('redirects: 0 follows none', async (t) => {
  const origin = await countdown(t);
  assert.match(
    failureOf(await fetching(t)(source(`${origin}/1`, { redirects: 0 }))),
    /^FETCH_REDIRECT .*`redirects: 0`/,
  );
});

test('redirects in a circle are noticed', async (t) => {
  const origin = await serve(t, (request, response) => {
    response.writeHead(302, { location: request.url === '/a' ? '/b' : '/a' }).end();
  });
  const fetched = await fetching(t)(source(`${origin}/a`, { redirects: 20 }));
  assert.match(failureOf(fetched), /^FETCH_REDIRECT .*\/a, which is a redirect loop$/);
  assert.equal(fetched.status, 302);
});

test('a redirect to another origin is told when that origin wants credentials', async (t) => {
  const other = await serve(t, (request, response) => {
    response.writeHead(request.headers.authorization ? 200 : 401).end();
  });
  const origin = await serve(t, (_, response) => void response.writeHead(302, { location: other }).end());
  const auth = { type: 'bearer', token: new Secret('t') } as const;
  assert.match(
    failureOf(await fetching(t)(source(origin, { auth }))),
    /^FETCH_CREDENTIALS .* \(a redirect led to this origin, which is given no credentials\)$/,
  );
});

test('a search that was posted and answered by 303 is read with GET', async (t) => {
  const origin = await serve(t, async (request, response) => {
    if (request.method === 'GET') return void response.end(`got ${request.url}`);
    response.writeHead(303, { location: `/result/${await text(request)}` }).end();
  });
  assert.equal(bodyOf(await fetching(t)(source(origin, { method: 'POST', body: '17' }))), 'got /result/17');
});

test('redirect credentials: once lost, they stay lost, on the way back too', async (t) => {
  const seen: string[] = [];
  const hops: string[] = [];
  const listener: RequestListener = (request, response) => {
    seen.push(`${request.url} ${request.headers['x-key'] ?? '-'}`);
    const location = hops.shift();
    response.writeHead(location === undefined ? 200 : 302, location === undefined ? {} : { location }).end();
  };
  const origin = await serve(t, listener);
  const other = await serve(t, listener);
  hops.push('/same', `${other}/other`, '/other-again', `${origin}/back`);
  bodyOf(await fetching(t)(source(`${origin}/start`, secrets)));
  assert.deepEqual(seen, [
    '/start?api_key=s k',
    '/same?api_key=s k',
    '/other -',
    '/other-again -',
    '/back -',
  ]);
});
