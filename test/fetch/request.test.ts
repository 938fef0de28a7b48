import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import type { SourceConfig } from '../../src/config/document.ts';
import { requestOf } from '../../src/fetch/request.ts';
import { Secret } from '../../src/lib/secret.ts';
import { bodyOf, failureOf, fetching, serve, source } from './fixtures.ts';

interface Seen {
  readonly line: string;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
  readonly body: string;
}

/** What a server saw of a request. */
async function seen(t: TestContext, path: string, settings: Partial<SourceConfig> = {}): Promise<Seen> {
  let saw: Seen | null = null;
  const origin = await serve(t, async (request, response) => {
    const body = await text(request);
    saw = { line: `${request.method} ${request.url}`, headers: request.headers, body };
    response.end('{}');
  });
  bodyOf(await fetching(t)(source(origin + path, settings)));
  assert.ok(saw);
  return saw;
}

const secret = (value: string) => new Secret(value);

test('request: says who asks, what is wanted, and which codings are understood', async (t) => {
  const { line, headers } = await seen(t, '/tickets?status=open');
  assert.equal(line, 'GET /tickets?status=open');
  assert.equal(headers['user-agent'], 'pollhook/1.2.3');
  assert.match(String(headers.accept), /^application\/json/);
  assert.equal(headers['accept-encoding'], 'gzip, deflate, br, zstd');
});

test('request: headers of the source win, whatever their case', async (t) => {
  const { headers } = await seen(t, '/', {
    headers: { 'USER-AGENT': secret('legacy/1'), Accept: secret('text/csv'), 'X-Tenant': secret('caf\xe9') },
  });
  assert.equal(headers['user-agent'], 'legacy/1');
  assert.equal(headers.accept, 'text/csv');
  assert.equal(headers['x-tenant'], 'caf\xe9');
});

const lines: [name: string, path: string, settings: Partial<SourceConfig>, expected: string][] = [
  ['query added to a bare path', '/a', { query: { limit: '5' } }, 'GET /a?limit=5'],
  [
    'query added behind the URL’s own, which stays as written',
    '/a?q=a%20b+c&&x',
    { query: { n: '1 2' } },
    'GET /a?q=a%20b+c&&x&n=1%202',
  ],
  [
    'query characters that mean something',
    '/a',
    { query: { 'f[]': 'a&b=c#é' } },
    'GET /a?f%5B%5D=a%26b%3Dc%23%C3%A9',
  ],
  ['a fragment is not sent', '/a#top', {}, 'GET /a'],
  [
    'credentials in the query',
    '/a?b=1',
    { auth: { type: 'query', name: 'api_key', value: secret('s+1') } },
    'GET /a?b=1&api_key=s%2B1',
  ],
  ['another method', '/a', { method: 'PURGE' }, 'PURGE /a'],
];

for (const [name, path, settings, expected] of lines) {
  test(`request line: ${name}`, async (t) => assert.equal((await seen(t, path, settings)).line, expected));
}

const auths: [name: string, auth: SourceConfig['auth'], header: string, expected: string][] = [
  [
    'basic in UTF-8',
    { type: 'basic', username: secret('zoë'), password: secret('p:w') },
    'authorization',
    'Basic em/DqzpwOnc=',
  ],
  ['bearer', { type: 'bearer', token: secret('abc') }, 'authorization', 'Bearer abc'],
  ['header', { type: 'header', name: 'X-Key', value: secret('abc') }, 'x-key', 'abc'],
];

for (const [name, auth, header, expected] of auths) {
  test(`auth: ${name}`, async (t) => assert.equal((await seen(t, '/', { auth })).headers[header], expected));
}

const bodies: [name: string, settings: Partial<SourceConfig>, type: string | undefined, expected: string][] =
  [
    ['a map is JSON', { body: { q: { open: true } } }, 'application/json', '{"q":{"open":true}}'],
    [
      'a map of a JSON dialect',
      { body: { a: 1 }, content_type: 'application/vnd.api+json' },
      'application/vnd.api+json',
      '{"a":1}',
    ],
    [
      'a form',
      { body: { a: 'x y', b: [1, 2], c: null, d: { e: 1 } }, content_type: 'form' },
      'application/x-www-form-urlencoded',
      'a=x+y&b=1&b=2&c=&d=%7B%22e%22%3A1%7D',
    ],
    ['a string goes as it is', { body: '<q>é</q>', content_type: 'text/xml' }, 'text/xml', '<q>é</q>'],
    ['a string without a type has none', { body: 'raw' }, undefined, 'raw'],
    [
      'a header decides the type',
      { body: { a: 1 }, headers: { 'Content-Type': secret('x/y') } },
      'x/y',
      '{"a":1}',
    ],
  ];

for (const [name, settings, type, expected] of bodies) {
  test(`request body: ${name}`, async (t) => {
    const { headers, body } = await seen(t, '/', { method: 'POST', ...settings });
    assert.equal(headers['content-type'], type);
    assert.equal(body, expected);
  });
}

const unsendable: [name: string, settings: Partial<SourceConfig>][] = [
  ['a header that HTTP reserves', { headers: { 'Transfer-Encoding': secret('hidden-value') } }],
  ['a token with a line break', { auth: { type: 'bearer', token: secret('hidden-value\r\nX: y') } }],
  ['a name that is no header', { auth: { type: 'header', name: 'X Key', value: secret('hidden-value') } }],
];

for (const [name, settings] of unsendable) {
  test(`request that cannot be sent: ${name}`, async (t) => {
    const failure = failureOf(await fetching(t)(source('http://127.0.0.1:9/', settings)));
    assert.match(failure, /^FETCH_REQUEST 127\.0\.0\.1:9: invalid/);
    assert.doesNotMatch(failure, /hidden-value/);
  });
}

test('fingerprint: changes with everything that the answer may depend on, and with nothing else', () => {
  const url = 'http://h.example/a';
  const print = (settings: Partial<SourceConfig>, version = '1') =>
    requestOf(source(url, settings), ['user-agent', `pollhook/${version}`]).fingerprint;
  const same = print({});
  assert.equal(print({ timeout: 1, name: 'other' }), same);
  assert.equal(print({}, '2'), same);
  const different = [
    print({ url: `${url}b` }),
    print({ query: { a: '1' } }),
    print({ method: 'POST' }),
    print({ headers: { Accept: secret('text/csv') } }),
    print({ headers: { 'User-Agent': secret('x') } }),
    print({ method: 'POST', body: 'a' }),
    print({ method: 'POST', body: 'b' }),
    print({ auth: { type: 'bearer', token: secret('a') } }),
    print({ auth: { type: 'bearer', token: secret('b') } }),
    print({ auth: { type: 'query', name: 'key', value: secret('b') } }),
  ];
  assert.equal(new Set([same, ...different]).size, different.length + 1);
});
