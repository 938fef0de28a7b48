import assert from 'node:assert/strict';
import {
  createServer as createHttpServer,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { until } from '../fake-clock.ts';
import { freePort } from '../free-port.ts';
import { type Act, DAY, serveTls, suffer } from './bad-receiver.ts';
import { MINUTES, SECONDS } from './fixtures.ts';

/** A receiver that does everything badly: each way, through a dispatcher, to what is recorded of it. */

const answer = (status: number, headers: OutgoingHttpHeaders = {}, body = ''): Act => ({
  answer: (_request, response) => void response.writeHead(status, headers).end(body),
});
const bytes = (act: (socket: Socket) => void): Act => ({ bytes: act });
const raw = (text: string): Act => bytes((socket) => socket.end(text));

/** `delivered`, or `pending` after an attempt that `failed` and used one step of 5 s. */
type Fate = 'delivered' | 'retried';

async function expectFate(
  context: TestContext,
  act: Act,
  fate: Fate,
  error: RegExp | null,
  err: string | null,
) {
  const got = await suffer(context, act);
  assert.equal(got.state, fate === 'delivered' ? 'delivered' : 'pending');
  if (fate === 'delivered') return assert.deepEqual([got.outcome, got.error], ['delivered', null]);
  assert.deepEqual([got.outcome, got.steps, got.wait, got.pause], ['failed', 1, 5 * SECONDS, null]);
  assert.match(got.error ?? '', error ?? /./);
  if (err) assert.equal(got.err, err);
}

describe('statuses', () => {
  for (const status of [200, 201, 202, 203, 204, 206, 226, 299]) {
    test(`${status}: delivered`, (context) => expectFate(context, answer(status), 'delivered', null, null));
  }

  for (const status of [300, 301, 302, 303, 304, 307, 308, 399]) {
    test(`${status}: a failed attempt, never followed, the Location reported`, async (context) => {
      const paths: (string | undefined)[] = [];
      const got = await suffer(context, {
        answer(request, response) {
          paths.push(request.url);
          response.writeHead(status, { location: '/elsewhere' }).end();
        },
      });
      assert.deepEqual([got.outcome, got.steps, got.level], ['failed', 1, 'warn']);
      assert.match(got.error ?? '', /Location: \/elsewhere$/);
      assert.deepEqual(paths, ['/hooks']);
    });
  }

  test('a Location without end is cut', async (context) => {
    const got = await suffer(context, answer(302, { location: `/${'x'.repeat(10_000)}` }));
    assert((got.error?.length ?? 0) < 400, `${got.error?.length}`);
  });

  for (const status of [408, 425, 500, 502, 503, 504, 507, 599]) {
    test(`${status}: a failed attempt, by the schedule, no reason to call anybody`, async (context) => {
      const got = await suffer(context, answer(status));
      assert.deepEqual(
        [got.outcome, got.steps, got.wait, got.level, got.pause],
        ['failed', 1, 5 * SECONDS, 'info', null],
      );
    });
  }

  for (const status of [
    400, 401, 402, 403, 404, 405, 406, 409, 411, 413, 415, 418, 422, 426, 428, 431, 451, 499,
  ]) {
    test(`${status}: a failed attempt, by the schedule, and the operator is told`, async (context) => {
      const got = await suffer(context, answer(status));
      assert.deepEqual([got.outcome, got.steps, got.wait, got.level], ['failed', 1, 5 * SECONDS, 'warn']);
    });
  }

  test('a permanent code: straight to the dead letters, the operator is told', async (context) => {
    const retry = { schedule: [5 * SECONDS], permanent: [422] };
    const got = await suffer(context, answer(422, {}, 'no such field'), { retry });
    assert.deepEqual([got.state, got.level, got.answer], ['dead', 'warn', 'no such field']);
  });

  test('410: the webhook is held, the event kept', async (context) => {
    const got = await suffer(context, answer(410));
    assert.deepEqual([got.state, got.steps, got.held, got.level], ['pending', 0, true, 'warn']);
    assert.equal(got.dispatcher.holds('bad'), true);
  });

  test('429 without Retry-After: the webhook pauses as for a probe', async (context) => {
    const got = await suffer(context, answer(429));
    assert.deepEqual([got.outcome, got.steps, got.pause], ['limited', 0, 30 * SECONDS]);
  });
});

/** What the fake clock shows, by the receiver's own. */
const NOW = 'Sat, 21 Nov 2026 09:30:00 GMT';

describe('Retry-After', () => {
  /** Milliseconds of pause; null: as if it were not there. */
  const values: Record<string, number | null> = {
    '120': 2 * MINUTES,
    ' 120 ': 2 * MINUTES,
    '2.5': 2500,
    '0': 1 * SECONDS,
    '0.001': 1 * SECONDS,
    'Sat, 21 Nov 2026 09:32:00 GMT': 2 * MINUTES,
    'Sat, 21 Nov 2020 09:30:00 GMT': 1 * SECONDS,
    '86400': DAY,
    '86401': DAY,
    '99999999999999999999': DAY,
    'Fri, 31 Dec 9999 23:59:59 GMT': DAY,
    '': null,
    soon: null,
    '-5': null,
    '1e9': null,
    '0x10': null,
    '5, 10': null,
    Infinity: null,
    '2026-11-21': null,
    'Sat, 99 Foo 2026 99:99:99 GMT': null,
    ['9'.repeat(400)]: DAY,
  };
  for (const [value, pause] of Object.entries(values)) {
    const shown = value.length > 40 ? `${value.length} digits` : JSON.stringify(value);
    test(`${shown} with 429: ${pause === null ? 'garbage, as without' : `a pause of ${pause} ms`}`, async (context) => {
      const got = await suffer(context, answer(429, { 'retry-after': value, date: NOW }));
      assert.deepEqual([got.outcome, got.steps, got.state], ['limited', 0, 'pending']);
      assert.equal(got.pause, pause ?? 30 * SECONDS);
    });
  }

  test('with 503: a pause, no step used', async (context) => {
    const got = await suffer(context, answer(503, { 'retry-after': '60' }));
    assert.deepEqual([got.outcome, got.steps, got.pause], ['limited', 0, MINUTES]);
  });

  test('garbage with 503: a failed attempt', (context) =>
    expectFate(context, answer(503, { 'retry-after': 'later' }), 'retried', /503/, 'DELIVERY_STATUS'));

  test('with any other status it means nothing', (context) =>
    expectFate(context, answer(500, { 'retry-after': '3600' }), 'retried', /500/, 'DELIVERY_STATUS'));
});

describe('connections', () => {
  const broken: Record<string, Act> = {
    'closed before the answer': bytes((socket) => socket.end()),
    'reset before the answer': bytes((socket) => socket.resetAndDestroy()),
    'reset within the status line': bytes((socket) =>
      socket.write('HTTP/1.1 2', () => socket.resetAndDestroy()),
    ),
    'reset within the headers': bytes((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nx-a: b\r\n', () => socket.resetAndDestroy()),
    ),
    'another protocol': raw(
      'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n',
    ),
    'a 100 Continue that nobody asked for': raw('HTTP/1.1 100 Continue\r\n\r\n'),
    'no HTTP at all': raw('SSH-2.0-OpenSSH_9.9\r\n'),
    'a status that is no number': raw('HTTP/1.1 OK 200\r\n\r\n'),
    'two lengths that differ': raw('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nabc'),
    'headers without end': bytes((socket) =>
      socket.write(`HTTP/1.1 200 OK\r\n${`x-fill: ${'y'.repeat(1000)}\r\n`.repeat(1000)}`),
    ),
    'one header without end': bytes((socket) =>
      socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(1_000_000)}`),
    ),
    'an upgrade that nobody asked for': bytes((socket) =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n'),
    ),
  };
  for (const [name, act] of Object.entries(broken)) {
    test(`${name}: a failed attempt`, (context) =>
      expectFate(context, act, 'retried', /./, 'DELIVERY_BROKEN'));
  }

  const answered: Record<string, [Act, Fate]> = {
    'a body shorter than declared': [raw('HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nshort'), 'delivered'],
    'a body longer than declared': [
      raw('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nmuch longer'),
      'delivered',
    ],
    'a body longer than declared, and what looks like another answer': [
      raw('HTTP/1.1 500 No\r\ncontent-length: 2\r\n\r\nnoHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'),
      'retried',
    ],
    'a length without end': [raw('HTTP/1.1 200 OK\r\ncontent-length: 999999999999\r\n\r\nx'), 'delivered'],
    'a reset within the body': [
      bytes((socket) =>
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab', () => socket.resetAndDestroy()),
      ),
      'delivered',
    ],
    'a broken chunk': [raw('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'), 'delivered'],
    'a reset after the answer': [
      bytes((socket) =>
        socket.write('HTTP/1.1 204 No Content\r\n\r\n', () => setImmediate(() => socket.resetAndDestroy())),
      ),
      'delivered',
    ],
    'hints before the answer': [
      raw(`${'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'.repeat(3)}HTTP/1.1 204 No Content\r\n\r\n`),
      'delivered',
    ],
    'HTTP/1.0 without a length': [raw('HTTP/1.0 200 OK\r\n\r\nthanks'), 'delivered'],
    'an answer that lies about being compressed': [
      answer(200, { 'content-encoding': 'gzip' }, 'not gzip'),
      'delivered',
    ],
  };
  for (const [name, [act, fate]] of Object.entries(answered)) {
    test(`${name}: the status decides, ${fate}`, (context) => expectFate(context, act, fate, /500/, null));
  }

  test('an answer before the request was read: its status counts', (context) =>
    expectFate(
      context,
      bytes((socket) =>
        socket.end('HTTP/1.1 413 Too Much\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'),
      ),
      'retried',
      /413/,
      'DELIVERY_STATUS',
    ));

  test('an endless body: delivered, 2 kB kept, the rest not read', async (context) => {
    let written = 0;
    let closed = false;
    const got = await suffer(context, {
      answer(request, response) {
        request.socket.on('close', () => {
          closed = true;
        });
        const pour = () => {
          while (!closed && response.write('x'.repeat(16_384))) written += 16_384;
        };
        response.on('drain', pour);
        pour();
      },
    });
    assert.deepEqual([got.state, got.answer], ['delivered', 'x'.repeat(2048)]);
    // The system takes what its buffers hold: some megabytes, more where somebody tuned it.
    assert(written < 200_000_000, `${written} bytes were taken`);
  });

  test('nobody listens', async (context) => {
    await expectFate(
      context,
      { url: async () => `http://127.0.0.1:${await freePort()}` },
      'retried',
      /connection refused/,
      'DELIVERY_UNREACHABLE',
    );
  });

  test('a name that does not exist', (context) =>
    expectFate(
      context,
      { url: async () => 'http://receiver.invalid' },
      'retried',
      /receiver\.invalid/,
      'DELIVERY_UNREACHABLE',
    ));
});

describe('slowness', () => {
  const slow: Record<string, (socket: Socket) => void> = {
    'no answer': () => undefined,
    'headers that never end': (socket) => socket.write('HTTP/1.1 200 OK\r\nx-slow: '),
  };
  for (const [name, act] of Object.entries(slow)) {
    test(`${name}: given up at the timeout`, async (context) => {
      const got = await suffer(context, bytes(act), { patience: 20 * SECONDS });
      assert.deepEqual([got.outcome, got.steps, got.err], ['failed', 1, 'DELIVERY_TIMEOUT']);
      assert.equal(got.took, 15 * SECONDS);
    });
  }

  test('a body that drips for ever: the status counts, at the timeout at the latest', async (context) => {
    const act = bytes((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
      const drip = () => {
        if (!socket.destroyed) socket.write('1\r\nx\r\n', () => setImmediate(drip));
      };
      drip();
    });
    const got = await suffer(context, act, { patience: 20 * SECONDS });
    assert.equal(got.state, 'delivered');
  });
});

describe('TLS', () => {
  const certificates = {
    expired: /expired/,
    other: /another host name/,
  } as const;
  for (const [name, says] of Object.entries(certificates)) {
    test(`a certificate that is ${name === 'other' ? "another's" : name}`, (context) =>
      expectFate(
        context,
        { url: (one) => serveTls(one, name as keyof typeof certificates) },
        'retried',
        says,
        'DELIVERY_TLS',
      ));
  }

  test('a certificate that is right', (context) =>
    expectFate(context, { url: (one) => serveTls(one, 'good') }, 'delivered', null, null));

  test('an old version of TLS only', (context) =>
    expectFate(
      context,
      {
        url: (one) =>
          serveTls(one, 'good', {
            minVersion: 'TLSv1',
            maxVersion: 'TLSv1.1',
            ciphers: 'DEFAULT@SECLEVEL=0',
          }),
      },
      'retried',
      /./,
      'DELIVERY_TLS',
    ));

  test('a receiver without TLS', async (context) => {
    const plain: Act = {
      async url(one) {
        const server = createHttpServer((_request, response) => response.end());
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        one.after(() => server.close());
        return `https://localhost:${(server.address() as AddressInfo).port}`;
      },
    };
    await expectFate(context, plain, 'retried', /./, 'DELIVERY_TLS');
  });

  test('reset within the handshake', (context) =>
    expectFate(
      context,
      {
        async url(one) {
          const server = createServer((socket) => {
            socket.on('error', () => undefined);
            socket.once('data', () => socket.resetAndDestroy());
          });
          await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
          one.after(() => server.close());
          return `https://localhost:${(server.address() as AddressInfo).port}`;
        },
      },
      'retried',
      /./,
      'DELIVERY_BROKEN',
    ));
});

test('cookies and other gifts are not kept', async (context) => {
  const seen: IncomingHttpHeaders[] = [];
  const got = await suffer(context, {
    answer(request, response) {
      seen.push(request.headers);
      response.writeHead(seen.length === 1 ? 500 : 204, { 'set-cookie': 'a=b', 'alt-svc': 'h2=":1"' }).end();
    },
  });
  await got.clock.advance(5 * SECONDS);
  await until(() => seen.length === 2);
  assert.equal(seen[1]?.cookie, undefined);
});
