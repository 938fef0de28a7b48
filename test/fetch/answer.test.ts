import assert from 'node:assert/strict';
import type { OutgoingHttpHeaders } from 'node:http';
import { type TestContext, test } from 'node:test';
import type { SourceConfig } from '../../src/config/document.ts';
import type { Fetched } from '../../src/fetch/fetch.ts';
import { FakeClock } from '../fake-clock.ts';
import { bodyOf, failureOf, fetching, serve, serveBytes, source } from './fixtures.ts';

const NOW = new FakeClock().now();

/** Fetches once from a server that always answers so. */
async function answered(
  t: TestContext,
  status: number,
  headers: OutgoingHttpHeaders = {},
  body: string | Buffer = '',
  settings: Partial<SourceConfig> = {},
): Promise<Fetched> {
  const origin = await serve(t, (_, response) => void response.writeHead(status, headers).end(body));
  return fetching(t)(source(`${origin}/api?token=hidden`, settings));
}

for (const [status, body] of [
  [200, '[1]'],
  [201, '[1]'],
  [204, ''],
  [205, ''],
] as const) {
  test(`status ${status} is a body`, async (t) => {
    const fetched = await answered(t, status, { 'content-type': 'application/json' }, body);
    assert.equal(bodyOf(fetched), body);
    assert.equal(fetched.status, status);
    assert.equal(fetched.kind === 'body' && fetched.contentType, 'application/json');
  });
}

test('a job that asks for patience: 202 with Retry-After', async (t) => {
  assert.equal((await answered(t, 202, { 'retry-after': '7' })).notBefore, NOW + 7000);
});

test('HEAD has no body, whatever length it announces', async (t) => {
  const settings = { method: 'HEAD', max_body: 10 };
  assert.equal(
    bodyOf(await answered(t, 200, { 'content-length': 1000, 'content-encoding': 'gzip' }, '', settings)),
    '',
  );
});

test('a part of the whole is not the whole', async (t) => {
  assert.match(
    failureOf(await answered(t, 206, {}, 'half')),
    /^FETCH_TRUNCATED 127\.0\.0\.1:\d+ answered 206 with a part/,
  );
});

const refusals: [
  name: string,
  status: number,
  headers: OutgoingHttpHeaders,
  body: string,
  expected: RegExp,
  pause?: number,
][] = [
  ['401', 401, {}, '', /^FETCH_CREDENTIALS 127\.0\.0\.1:\d+ answered 401 Unauthorized$/],
  ['403', 403, {}, '', /^FETCH_CREDENTIALS .* answered 403 Forbidden$/],
  ['403 that limits', 403, { 'retry-after': '60' }, '', /^FETCH_LIMITED /, 60_000],
  ['429', 429, {}, '', /^FETCH_LIMITED .* answered 429 Too Many Requests$/],
  ['429 with Retry-After', 429, { 'retry-after': '2.5' }, '', /^FETCH_LIMITED /, 2500],
  ['503 with Retry-After', 503, { 'retry-after': '30' }, '', /^FETCH_LIMITED /, 30_000],
  ['500 with Retry-After', 500, { 'retry-after': '30' }, '', /^FETCH_STATUS /, 30_000],
  ['404', 404, {}, '', /^FETCH_STATUS .* answered 404 Not Found$/],
  ['an unknown status', 599, {}, '', /^FETCH_STATUS .* answered 599/],
  ['304 that nobody asked for', 304, {}, '', /^FETCH_STATUS .* answered 304 Not Modified$/],
  ['300', 300, { location: '/x' }, '', /^FETCH_STATUS .* answered 300/],
  ['nothing of a body', 500, { 'content-type': 'application/json' }, '{"error":"no disk"}', /Server Error$/],
  ['nothing of text', 500, { 'content-type': 'text/plain' }, 'out of cheese', /Server Error$/],
  [
    'the title of a page',
    500,
    { 'content-type': 'text/html' },
    '<html><style>x{}</style><title>Bad\nday</title><p>p',
    /Server Error: "Bad day"$/,
  ],
  ['a page without a title', 500, { 'content-type': 'text/html' }, '<h1>Bad</h1><p>day', /Server Error$/],
  ['no pictures', 500, { 'content-type': 'image/png' }, 'PNG', /Server Error$/],
  [
    'no tricks in a title',
    500,
    { 'content-type': 'text/html' },
    '<title>a\u202eb\u0000c\u001b[31m</title>',
    /: "a b c \[31m"$/,
  ],
];

for (const [name, status, headers, body, expected, pause] of refusals) {
  test(`refusal: ${name}`, async (t) => {
    const fetched = await answered(t, status, headers, body);
    assert.match(failureOf(fetched), expected);
    assert.equal(fetched.status, status);
    assert.equal(fetched.notBefore, pause === undefined ? null : NOW + pause);
    assert.doesNotMatch(failureOf(fetched), /hidden/);
  });
}

test('refusal: an endless error page is read only so far', async (t) => {
  const origin = await serve(t, (_, response) => {
    response.writeHead(500, { 'content-type': 'text/plain' });
    const more = () => {
      while (response.write('words '.repeat(1000)));
    };
    response.on('drain', more);
    more();
  });
  assert.match(failureOf(await fetching(t)(source(origin))), /^FETCH_STATUS .* answered 500/);
});

test('refusal: an error page that breaks off is still that error', async (t) => {
  const origin = await serveBytes(t, 'HTTP/1.1 404 Nope\r\ncontent-length: 100\r\n\r\nnot here');
  assert.match(failureOf(await fetching(t)(source(origin))), /^FETCH_STATUS .* answered 404 Nope$/);
});

test('a body over the limit is refused by its announced length', async (t) => {
  const fetched = await answered(t, 200, { 'content-length': 11 }, '12345678901', { max_body: 10 });
  assert.match(failureOf(fetched), /^FETCH_TOO_LARGE .* larger than 10 B$/);
});

test('a body of exactly the limit is accepted', async (t) => {
  assert.equal(bodyOf(await answered(t, 200, {}, '1234567890', { max_body: 10 })), '1234567890');
});

test('an endless body is given up at the limit', async (t) => {
  const origin = await serve(t, (_, response) => {
    const more = () => {
      while (response.write('x'.repeat(1000)));
    };
    response.on('drain', more);
    more();
  });
  assert.match(failureOf(await fetching(t)(source(origin, { max_body: 100_000 }))), /^FETCH_TOO_LARGE /);
});

test('a body that is announced too large is not waited for', async (t) => {
  const origin = await serve(t, (_, response) =>
    response.writeHead(200, { 'content-length': 11 }).flushHeaders(),
  );
  assert.match(failureOf(await fetching(t)(source(origin, { max_body: 10 }))), /^FETCH_TOO_LARGE /);
});
