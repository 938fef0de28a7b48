import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Secret } from '../../src/lib/secret.ts';
import { FakeClock, until } from '../fake-clock.ts';
import { bodyOf, failureOf, fetchingTheirWay, serveBytes, serveRaw, source } from './fixtures.ts';

/**
 * Servers as they are found beside legacy systems: what they do to the connection and to the framing of their answers.
 * What they do to the data is for the tests of whole polls.
 */

/** No retry within the poll: the deadline is nearer than the first wait. */
const ONCE = { timeout: 200 };
const LENGTH = 'content-length: 3\r\n\r\n[1]';

const READ: readonly [name: string, bytes: string][] = [
  ['HTTP/1.0 with a length', `HTTP/1.0 200 OK\r\n${LENGTH}`],
  ['HTTP/1.0 that keeps the connection', `HTTP/1.0 200 OK\r\nconnection: Keep-Alive\r\n${LENGTH}`],
  ['HTTP/1.0 without any header', 'HTTP/1.0 200 OK\r\n\r\n[1]'],
  ['`connection: close` without a length', 'HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n[1]'],
  ['no reason beside the status', `HTTP/1.1 200\r\n${LENGTH}`],
  ['a reason in Latin-1', `HTTP/1.1 200 tr\u00e8s bien\r\n${LENGTH}`],
  ['header names in capitals', 'HTTP/1.1 200 OK\r\nCONTENT-LENGTH: 3\r\n\r\n[1]'],
  ['header values in Latin-1', `HTTP/1.1 200 OK\r\nserver: caf\u00e9\r\n${LENGTH}`],
  ['an empty header', `HTTP/1.1 200 OK\r\nx-empty:\r\n${LENGTH}`],
  ['a hint before the answer', `HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 200 OK\r\n${LENGTH}`],
  [
    'chunks with extensions and trailers',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3;a=b\r\n[1]\r\n0\r\nx-sum: 1\r\n\r\n',
  ],
];

for (const [name, bytes] of READ) {
  test(`read: ${name}`, async (t) => {
    const origin = await serveBytes(t, Buffer.from(bytes, 'latin1'));
    assert.equal(bodyOf(await fetchingTheirWay(t)(source(origin, ONCE))), '[1]');
  });
}

const REFUSED: readonly [name: string, bytes: string][] = [
  ['two lengths that differ', 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\n[1]x'],
  [
    'a length and chunks',
    'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n3\r\n[1]\r\n0\r\n\r\n',
  ],
  ['a length that is no number', 'HTTP/1.1 200 OK\r\ncontent-length: 3a\r\n\r\n[1]'],
  ['a length below zero', 'HTTP/1.1 200 OK\r\ncontent-length: -3\r\n\r\n[1]'],
  ['a space before the colon', 'HTTP/1.1 200 OK\r\ncontent-length : 3\r\n\r\n[1]'],
  [
    'chunks that are not hexadecimal',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nthree\r\n[1]\r\n0\r\n\r\n',
  ],
  ['a status that is no number', 'HTTP/1.1 OK\r\n\r\n[1]'],
  ['HTTP/0.9: the body alone', '[1]'],
  // RFC 9110 would have it read; undici does not.
  ['a continuation that nobody waits for', `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n${LENGTH}`],
];

for (const [name, bytes] of REFUSED) {
  test(`refused as a whole: ${name}`, async (t) => {
    const origin = await serveBytes(t, bytes);
    assert.match(
      failureOf(await fetchingTheirWay(t)(source(origin, ONCE))),
      /^FETCH_(PROTOCOL|TRUNCATED|UNREACHABLE) 127/,
    );
  });
}

/** Answers each request on a connection with the next of these. */
async function answering(t: TestContext, ...answers: ((socket: Socket) => void)[]) {
  const connections: Socket[] = [];
  let count = 0;
  const origin = await serveRaw(t, (socket) => {
    connections.push(socket);
    socket.on('data', () => answers[Math.min(count++, answers.length - 1)]?.(socket));
  });
  return { origin, connections, requests: () => count };
}

const good = (body: string) => (socket: Socket) =>
  socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`);

test('bytes behind an answer are not the answer to the next poll', async (t) => {
  const { origin } = await answering(
    t,
    (socket) => socket.write(`HTTP/1.1 200 OK\r\n${LENGTH}HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"old"`),
    good('[2]'),
  );
  const fetch = fetchingTheirWay(t);
  const bodies = [await fetch(source(origin)), await fetch(source(origin))].map((fetched) =>
    fetched.kind === 'body' ? fetched.body.bytes.toString() : fetched.kind,
  );
  assert.ok(!bodies.includes('"old"'), bodies.join());
});

test('a connection that the server closed between two polls is not a failed poll', async (t) => {
  const { origin, connections } = await answering(t, good('[1]'));
  const fetch = fetchingTheirWay(t);
  assert.equal(bodyOf(await fetch(source(origin, ONCE))), '[1]');
  connections[0]?.end();
  await until(() => connections[0]?.destroyed === true, 'the connection is closed');
  assert.equal(bodyOf(await fetch(source(origin, ONCE))), '[1]');
  assert.equal(connections.length, 2);
});

test('a connection that the server closes as the next poll arrives: asked once more on another one', async (t) => {
  const { origin, requests } = await answering(
    t,
    good('[1]'),
    (socket) => socket.resetAndDestroy(),
    good('[2]'),
  );
  const clock = new FakeClock();
  const fetch = fetchingTheirWay(t, clock);
  assert.equal(bodyOf(await fetch(source(origin))), '[1]');
  const fetching = fetch(source(origin));
  await until(async () => {
    if (requests() < 3) await clock.advance(50);
    return requests() === 3;
  }, 'a third request');
  assert.equal(bodyOf(await fetching), '[2]');
});

test('an answer that comes before the request is read', async (t) => {
  const origin = await serveRaw(
    t,
    (socket) => void socket.end(`HTTP/1.1 200 OK\r\nconnection: close\r\n${LENGTH}`),
  );
  const fetched = await fetchingTheirWay(t)(
    source(origin, { ...ONCE, method: 'POST', body: 'x'.repeat(100) }),
  );
  assert.ok(fetched.kind === 'body' || /^FETCH_(UNREACHABLE|PROTOCOL)/.test(failureOf(fetched)));
});

test('drip by drip: the poll ends at its deadline, and nothing of it is believed', async (t) => {
  let dripped = 0;
  const origin = await serveRaw(t, (socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n');
      const drip = setInterval(() => {
        socket.write('[');
        dripped += 1;
      }, 1);
      socket.on('close', () => clearInterval(drip));
    });
  });
  const clock = new FakeClock();
  const fetching = fetchingTheirWay(t, clock)(source(origin, { timeout: 5000 }));
  await until(() => dripped > 5, 'some drips');
  await clock.advance(5001);
  assert.match(failureOf(await fetching), /^FETCH_TIMEOUT .* no complete answer within 5s$/);
});

test('a server on IPv6, at an odd port', async (t) => {
  const server = createServer(({ headers }, response) => void response.end(headers.host));
  const listening = await new Promise((resolve) => {
    server.once('error', () => resolve(false)).listen(0, '::1', () => resolve(true));
  });
  if (!listening) return t.skip('this machine has no IPv6');
  t.after(() => server.close());
  const host = `[::1]:${(server.address() as AddressInfo).port}`;
  const fetch = fetchingTheirWay(t);
  assert.equal(bodyOf(await fetch(source(`http://${host}/`))), host);
});

test('a name of its own for a server behind an address', async (t) => {
  const seen: string[] = [];
  const origin = await serveRaw(t, (socket) => {
    socket.once('data', (bytes) => {
      seen.push(String(bytes));
      good('[1]')(socket);
    });
  });
  await fetchingTheirWay(t)(source(origin, { headers: { Host: new Secret('desk.example') } }));
  assert.match(seen[0] ?? '', /\r\nhost: desk\.example\r\n/i);
});
