import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import type { LookupFunction, Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Agent } from 'undici';
import { FakeClock, until } from '../fake-clock.ts';
import { bodyOf, failureOf, fetching, serve, serveRaw, source } from './fixtures.ts';

/** Starts a fetch against a server on a clock that stands still; `calls` counts the requests that arrived. */
async function against(t: TestContext, answers: RequestListener) {
  const clock = new FakeClock();
  const server = { calls: 0, clock, fetch: fetching(t, clock), origin: '' };
  server.origin = await serve(t, (request, response) => {
    server.calls += 1;
    answers(request, response);
  });
  return server;
}

test('timeout: no answer', async (t) => {
  const server = await against(t, () => undefined);
  const fetched = server.fetch(source(server.origin, { timeout: 5000 }));
  await until(() => server.calls === 1);
  await server.clock.advance(5000);
  assert.match(failureOf(await fetched), /^FETCH_TIMEOUT 127\.0\.0\.1:\d+: no answer within 5s$/);
});

test('timeout: an answer that trickles for ever', async (t) => {
  const server = await against(t, (_, response) => void response.write('['));
  const fetched = server.fetch(source(server.origin, { timeout: 5000 }));
  let over = false;
  void fetched.finally(() => {
    over = true;
  });
  // The body is on its way once the clock may move; until then nothing may end.
  await until(() => server.calls === 1);
  await server.clock.advance(4999);
  assert.equal(over, false);
  await server.clock.advance(1);
  assert.match(failureOf(await fetched), /^FETCH_TIMEOUT .* no (complete )?answer within 5s$/);
});

test('timeout: all redirects share it', async (t) => {
  const server = await against(t, (request, response) => {
    if (request.url === '/') response.writeHead(302, { location: '/slow' }).end();
  });
  const fetched = server.fetch(source(server.origin, { timeout: 5000 }));
  await until(() => server.calls === 2);
  await server.clock.advance(5000);
  assert.match(failureOf(await fetched), /^FETCH_TIMEOUT /);
});

test('timeout: leaves no timer behind', async (t) => {
  const server = await against(t, (_, response) => void response.end('[]'));
  bodyOf(await server.fetch(source(server.origin)));
  await server.clock.advance(0);
  assert.equal(server.clock.sleeping, 0);
});

test('abort: rejects with the reason, at once, and closes the connection', async (t) => {
  let closed = false;
  const server = await against(t, (_, response) => {
    response.on('close', () => {
      closed = true;
    });
  });
  const controller = new AbortController();
  const fetched = server.fetch(source(server.origin), null, controller.signal);
  await until(() => server.calls === 1);
  const reason = new Error('stopping');
  controller.abort(reason);
  await assert.rejects(fetched, (error) => error === reason);
  await until(() => closed, 'the server sees the connection close');
});

test('abort: before the start, nothing is sent', async (t) => {
  const server = await against(t, (_, response) => void response.end());
  const reason = new Error('stopping');
  await assert.rejects(
    server.fetch(source(server.origin), null, AbortSignal.abort(reason)),
    (error) => error === reason,
  );
  assert.equal(server.calls, 0);
});

test('abort: during the wait for a retry', async (t) => {
  const server = await against(t, (_, response) => void response.writeHead(502).end());
  const controller = new AbortController();
  const fetched = server.fetch(source(server.origin), null, controller.signal);
  await until(() => server.clock.sleeping === 2);
  controller.abort(new Error('stopping'));
  await assert.rejects(fetched, /stopping/);
  assert.equal(server.calls, 1);
});

for (const status of [502, 503, 504]) {
  test(`retry: ${status} is tried again after 250 ms and a second`, async (t) => {
    const server = await against(t, (_, response) => {
      response.writeHead(server.calls < 3 ? status : 200).end('[]');
    });
    const fetched = server.fetch(source(server.origin));
    await until(() => server.clock.sleeping === 2);
    await server.clock.advance(249);
    assert.equal(server.calls, 1);
    await server.clock.advance(1);
    await until(() => server.calls === 2 && server.clock.sleeping === 2);
    await server.clock.advance(1000);
    assert.equal(bodyOf(await fetched), '[]');
  });
}

test('retry: three tries at most', async (t) => {
  const server = await against(t, (_, response) => void response.writeHead(502).end('down'));
  const fetched = server.fetch(source(server.origin));
  for (const wait of [250, 1000]) {
    await until(() => server.clock.sleeping === 2);
    await server.clock.advance(wait);
  }
  assert.match(failureOf(await fetched), /^FETCH_STATUS .* 502 Bad Gateway$/);
  assert.equal(server.calls, 3);
});

test('retry: without validators after a 5xx', async (t) => {
  const tags: unknown[] = [];
  const server = await against(t, (request, response) => {
    tags.push(request.headers['if-none-match']);
    response.writeHead(server.calls === 2 ? 502 : 200, { etag: '"a"' }).end('[]');
  });
  const { validators } = await server.fetch(source(server.origin));
  const fetched = server.fetch(source(server.origin), validators);
  await until(() => server.clock.sleeping === 2);
  await server.clock.advance(250);
  assert.equal((await fetched).kind, 'body');
  assert.deepEqual(tags, [undefined, '"a"', undefined]);
});

const final: [name: string, method: string, answer: RequestListener, expected: RegExp][] = [
  [
    '503 with Retry-After',
    'GET',
    (_, response) => void response.writeHead(503, { 'retry-after': '1' }).end(),
    /^FETCH_LIMITED/,
  ],
  ['500', 'GET', (_, response) => void response.writeHead(500).end(), /^FETCH_STATUS/],
  ['404', 'GET', (_, response) => void response.writeHead(404).end(), /^FETCH_STATUS/],
  ['502 to a POST', 'POST', (_, response) => void response.writeHead(502).end(), /^FETCH_STATUS/],
  ['a POST whose connection broke', 'POST', (request) => void request.socket.destroy(), /^FETCH_UNREACHABLE/],
];

for (const [name, method, answer, expected] of final) {
  test(`no retry: ${name}`, async (t) => {
    const server = await against(t, answer);
    assert.match(failureOf(await server.fetch(source(server.origin, { method }))), expected);
    assert.equal(server.calls, 1);
  });
}

test('no retry: the deadline comes first', async (t) => {
  const server = await against(t, (_, response) => void response.writeHead(502).end());
  assert.match(failureOf(await server.fetch(source(server.origin, { timeout: 250 }))), /^FETCH_STATUS/);
  assert.equal(server.calls, 1);
});

test('retry: the connection is closed before an answer, and in the middle of one', async (t) => {
  const clock = new FakeClock();
  const behaviours: ((socket: Socket) => void)[] = [
    (socket) => socket.end(),
    (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n[1'),
    (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n[1]'),
  ];
  const origin = await serveRaw(t, (socket) => void socket.once('data', () => behaviours.shift()?.(socket)));
  const fetched = fetching(t, clock)(source(origin));
  for (const wait of [250, 1000]) {
    await until(() => clock.sleeping === 2);
    await clock.advance(wait);
  }
  assert.equal(bodyOf(await fetched), '[1]');
});

test('retry: a POST that never had a connection', async (t) => {
  const clock = new FakeClock();
  const fetched = fetching(t, clock)(source('http://127.0.0.1:1/', { method: 'POST' }));
  for (const wait of [250, 1000]) {
    await until(() => clock.sleeping === 2, 'a wait before the next try');
    await clock.advance(wait);
  }
  assert.match(failureOf(await fetched), /connection refused$/);
});

test('no retry: a POST that was answered by a redirect to nowhere', async (t) => {
  const server = await against(
    t,
    (_, response) => void response.writeHead(303, { location: 'http://127.0.0.1:1/' }).end(),
  );
  assert.match(
    failureOf(await server.fetch(source(server.origin, { method: 'POST' }))),
    /connection refused$/,
  );
  assert.equal(server.calls, 1);
});

test('abort: a request that was still connecting is never sent', async (t) => {
  const resolved = Promise.withResolvers<void>();
  let lookups = 0;
  const lookup: LookupFunction = (_, options, done) => {
    lookups += 1;
    const address = '127.0.0.1';
    void resolved.promise.then(() =>
      options.all ? done(null, [{ address, family: 4 }]) : done(null, address, 4),
    );
  };
  const lines: (string | undefined)[] = [];
  const origin = await serve(t, (request, response) => {
    lines.push(request.url);
    response.end();
  });
  const fetch = fetching(t, new FakeClock(), new Agent({ connect: { lookup }, connections: 1 }));
  const named = origin.replace('127.0.0.1', 'desk.invalid');
  const controller = new AbortController();
  const aborted = fetch(source(`${named}/aborted`), null, controller.signal);
  await until(() => lookups === 1);
  controller.abort();
  await assert.rejects(aborted, { name: 'AbortError' });
  const second = fetch(source(`${named}/second`));
  resolved.resolve();
  bodyOf(await second);
  assert.deepEqual(lines, ['/second']);
});
