import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { attempt, type Reply } from '../../src/deliver/attempt.ts';
import type { DeliveryRequest } from '../../src/deliver/request.ts';
import type { Code } from '../../src/errors.ts';
import { Redactor } from '../../src/lib/redact.ts';
import { FakeClock, until } from '../fake-clock.ts';
import { freePort } from '../free-port.ts';
import { agent, SECONDS, SECRET, serve, serveBytes } from './fixtures.ts';

const never = new AbortController().signal;

function trying(context: TestContext, origin: string, stop = never) {
  const clock = new FakeClock();
  const request: DeliveryRequest = { origin, path: '/hooks', method: 'POST', headers: {}, body: '{}' };
  const reply = attempt(request, 15 * SECONDS, stop, {
    http: agent(context),
    access: null,
    clock,
    redactor: new Redactor([SECRET]),
  });
  return { clock, reply };
}

function unanswered(reply: Reply, code: Code, says: RegExp): void {
  assert(reply.kind === 'unanswered', JSON.stringify(reply));
  assert.equal(reply.failure.code, code);
  assert.match(reply.failure.message, says);
}

const answers: Record<string, { listener: RequestListener; expected: Partial<Reply> }> = {
  'an empty answer': {
    listener: (_request, response) => response.writeHead(204).end(),
    expected: { status: 204, said: '204 No Content', excerpt: '', retryAfter: null, location: null },
  },
  'the start of a body, own secrets replaced': {
    listener: (_request, response) => response.writeHead(500).end(`no: ${SECRET}!`),
    expected: { status: 500, said: '500 Internal Server Error', excerpt: 'no: [secret]!' },
  },
  'the first 2 kB': {
    listener: (_request, response) => response.end('é'.repeat(20_000)),
    expected: { status: 200, excerpt: 'é'.repeat(1024) },
  },
  'a redirect is not followed': {
    listener: (request, response) => {
      if (request.url === '/hooks') response.writeHead(302, { location: `/else?${SECRET}` }).end();
      else response.writeHead(200).end();
    },
    expected: { status: 302, location: '/else?[secret]' },
  },
  'Retry-After, the first of several': {
    listener: (_request, response) => response.writeHead(429, { 'retry-after': '7' }).end(),
    expected: { status: 429, retryAfter: '7' },
  },
  'a status that nobody knows': {
    listener: (_request, response) => response.writeHead(599).end(),
    expected: { status: 599, said: '599' },
  },
  'an endless body': {
    listener: (_request, response) => {
      const pour = () => {
        while (response.write('x'.repeat(16_384)));
      };
      response.on('drain', pour);
      pour();
    },
    expected: { status: 200, excerpt: 'x'.repeat(2048) },
  },
  'a reset in the middle of the body': {
    listener: (request, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('partial', () => request.socket.resetAndDestroy());
    },
    expected: { status: 200 },
  },
};

for (const [name, { listener, expected }] of Object.entries(answers)) {
  test(`answered: ${name}`, async (context) => {
    const reply = await trying(context, await serve(context, listener)).reply;
    assert.deepEqual({ ...reply, ...expected, kind: 'answered' }, reply);
  });
}

const bytes: Record<string, { act: (socket: Socket) => void; status?: number; code?: Code }> = {
  'closed at once': { act: (socket) => socket.end(), code: 'DELIVERY_BROKEN' },
  'reset at once': { act: (socket) => socket.resetAndDestroy(), code: 'DELIVERY_BROKEN' },
  'reset within the headers': {
    act: (socket) => socket.write('HTTP/1.1 200 OK\r\nx-a: b', () => socket.resetAndDestroy()),
    code: 'DELIVERY_BROKEN',
  },
  'garbage instead of HTTP': {
    act: (socket) => socket.end(`\x16\x03\x01${'\x00'.repeat(200)}\r\n\r\n`),
    code: 'DELIVERY_BROKEN',
  },
  'endless headers': {
    act: (socket) => socket.write(`HTTP/1.1 200 OK\r\n${`x-fill: ${'y'.repeat(1000)}\r\n`.repeat(1000)}`),
    code: 'DELIVERY_BROKEN',
  },
  'a protocol upgrade': {
    act: (socket) =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n'),
    code: 'DELIVERY_BROKEN',
  },
  'a body shorter than declared': {
    act: (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nshort'),
    status: 200,
  },
  'a body longer than declared': {
    act: (socket) => socket.end('HTTP/1.1 503 Busy\r\ncontent-length: 2\r\n\r\nlonger than that'),
    status: 503,
  },
  'a broken chunk': {
    act: (socket) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nrubbish'),
    status: 200,
  },
  'an early hint before the answer': {
    act: (socket) => socket.end('HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n'),
    status: 204,
  },
};

for (const [name, { act, status, code }] of Object.entries(bytes)) {
  test(`bytes: ${name}`, async (context) => {
    const reply = await trying(context, await serveBytes(context, act)).reply;
    if (code) unanswered(reply, code, /./);
    else assert.equal(reply.kind === 'answered' && reply.status, status);
  });
}

test('nobody listens', async (context) => {
  const { reply } = trying(context, `http://127.0.0.1:${await freePort()}`);
  unanswered(await reply, 'DELIVERY_UNREACHABLE', /^127\.0\.0\.1:\d+: connection refused$/);
});

test('a name that does not exist', async (context) => {
  const { reply } = trying(context, 'http://receiver.invalid');
  unanswered(await reply, 'DELIVERY_UNREACHABLE', /receiver\.invalid/);
});

test('TLS towards a server that has none', async (context) => {
  const origin = await serve(context, (_request, response) => response.end());
  const { reply } = trying(context, origin.replace('http:', 'https:'));
  unanswered(await reply, 'DELIVERY_TLS', /./);
});

const slow: Record<string, (socket: Socket) => void> = {
  'no answer at all': () => undefined,
  'headers that never end': (socket) => socket.write('HTTP/1.1 200 OK\r\nx-slow: '),
};
for (const [name, act] of Object.entries(slow)) {
  test(`timeout: ${name}`, async (context) => {
    let connected = false;
    const origin = await serveBytes(context, (socket) => {
      act(socket);
      connected = true;
    });
    const { clock, reply } = trying(context, origin);
    await until(() => connected);
    await clock.advance(15 * SECONDS - 1);
    assert.equal(clock.sleeping, 1, 'still waiting a moment before');
    await clock.advance(1);
    unanswered(await reply, 'DELIVERY_TIMEOUT', /^no answer within 15s$/);
  });
}

test('a body that never ends leaves the status to decide at the deadline', async (context) => {
  let closed = false;
  const origin = await serve(context, (request, response) => {
    response.writeHead(200).write('begun');
    request.socket.on('close', () => {
      closed = true;
    });
  });
  let answering = false;
  const noteAnswer = () => {
    answering = true;
  };
  subscribe('undici:request:headers', noteAnswer);
  context.after(() => unsubscribe('undici:request:headers', noteAnswer));
  const { clock, reply } = trying(context, origin);
  await until(() => answering);
  await clock.advance(15 * SECONDS);
  const answer = await reply;
  assert.equal(answer.kind === 'answered' && answer.status, 200);
  await until(() => closed, 'the connection is given up');
});

test('a timer that is done with leaves nothing behind', async (context) => {
  const { clock, reply } = trying(context, await serve(context, (_request, response) => response.end()));
  await reply;
  assert.equal(clock.sleeping, 0);
});

test('abandoned while the receiver thinks', async (context) => {
  const stop = new AbortController();
  let connected = false;
  const origin = await serve(context, () => {
    connected = true;
  });
  const { reply } = trying(context, origin, stop.signal);
  await until(() => connected);
  stop.abort();
  assert.deepEqual(await reply, { kind: 'aborted' });
});

test('abandoned before it began: nothing is sent', async (context) => {
  let requests = 0;
  const origin = await serve(context, (_request, response) => {
    requests += 1;
    response.end();
  });
  assert.deepEqual(await trying(context, origin, AbortSignal.abort()).reply, { kind: 'aborted' });
  assert.equal(requests, 0);
});

test('a certificate that nobody trusts', async (context) => {
  const folder = new URL('../fixtures/tls/', import.meta.url);
  const [key, cert] = await Promise.all(
    ['key.pem', 'cert.pem'].map((name) => readFile(new URL(name, folder))),
  );
  const server = createTlsServer({ key, cert }, (_request, response) => response.end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  const { reply } = trying(context, `https://localhost:${(server.address() as AddressInfo).port}`);
  unanswered(await reply, 'DELIVERY_TLS', /self-signed/);
});
