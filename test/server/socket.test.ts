import assert from 'node:assert/strict';
import { tracingChannel } from 'node:diagnostics_channel';
import type { EventEmitter } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { listen } from '../../src/server/listen.ts';
import { until } from '../fake-clock.ts';
import { serve } from './fixtures.ts';

const happened = { kind: 'source', name: 'tickets', state: 'failing' } as const;

/** The routes behind a real socket, and a client that says what it is told and reads when it is told. */
async function open() {
  const scene = serve();
  const requests = { begun: 0, answered: 0 };
  const server = await listen(
    {
      async fetch(request) {
        requests.begun += 1;
        const response = await scene.routes.fetch(request);
        requests.answered += 1;
        return response;
      },
    },
    '127.0.0.1:0',
  );
  const port = Number(server.address.split(':')[1]);
  const dial = (head: string): Socket => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    if (head !== '') socket.write(`${head} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
    return socket;
  };
  return { ...scene, requests, dial, [Symbol.asyncDispose]: () => server.close() };
}

describe('the stream on a socket', () => {
  test('is cut off when its client does not read, however much is told', async () => {
    await using here = await open();
    const socket = here.dial('GET /api/v1/stream');
    socket.pause();
    await until(() => here.daemon.followers.size === 1);
    const before = process.memoryUsage().arrayBuffers;
    let told = 0;
    await until(() => {
      for (const { tell } of here.daemon.followers) for (let n = 0; n < 1000; n += 1) tell(happened);
      told += 1000;
      return here.daemon.followers.size === 0;
    }, 'the end of the slow one');
    assert.ok(told < 1_000_000, String(told));
    assert.ok(process.memoryUsage().arrayBuffers - before < 50_000_000);
    socket.destroy();
  });

  test('is left when its client goes', async () => {
    await using here = await open();
    const socket = here.dial('GET /api/v1/stream');
    await until(() => here.daemon.followers.size === 1);
    socket.destroy();
    await until(() => here.daemon.followers.size === 0, 'the end');
    await until(() => here.clock.sleeping === 0, 'the end of the beat');
  });

  test('is not begun for who asks for its head alone', async () => {
    await using here = await open();
    let answer = '';
    here.dial('HEAD /api/v1/stream').on('data', (chunk) => {
      answer += chunk;
    });
    await until(() => answer.includes('\r\n\r\n'));
    assert.match(answer, /200 OK[\s\S]*text\/event-stream/);
    assert.equal(here.daemon.followers.size, 0);
  });

  test('does not keep the server from closing', async () => {
    const here = await open();
    here.dial('GET /api/v1/stream');
    await until(() => here.daemon.followers.size === 1);
    await here[Symbol.asyncDispose]();
    await until(() => here.daemon.followers.size === 0, 'the end');
  });
});

describe('rubbish on a socket', () => {
  /** What is answered to these bytes, until the connection is closed or there is an answer with a body. */
  async function answerTo(here: Awaited<ReturnType<typeof open>>, text: string): Promise<string> {
    let answer = '';
    const socket = here.dial('');
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.write(text);
    await until(() => /\r\n\r\n[\s\S]/.test(answer) || socket.closed, text.slice(0, 80));
    socket.destroy();
    return answer;
  }
  const host = 'host: 127.0.0.1\r\n';

  for (const head of [
    'GET //evil.example/api',
    'POST /api/v1/sources/%E0%A4%A/poll',
    'GET /\\..\\',
    'OPTIONS *',
    'GET /api/v1/sources?%00=%FF',
    'BREW /',
  ]) {
    test(`${head} is refused in the words of the API, and the server lives`, async () => {
      await using here = await open();
      const answer = await answerTo(here, `${head} HTTP/1.1\r\n${host}\r\n`);
      assert.match(
        answer,
        /^HTTP\/1\.1 4\d\d [\s\S]*application\/problem\+json[\s\S]*"code":"API_/,
        answer.slice(0, 200),
      );
      assert.deepEqual(here.errors, []);
      assert.equal((await here.ask('/healthz')).status, 200);
    });
  }

  for (const [what, request, status] of [
    ['a header beyond all bounds', `GET / HTTP/1.1\r\n${host}x: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
    [
      'chunks that are none',
      `POST /api/v1/reload HTTP/1.1\r\n${host}transfer-encoding: chunked\r\n\r\nzz\r\n`,
      400,
    ],
    [
      'two lengths',
      `POST /api/v1/reload HTTP/1.1\r\n${host}content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n`,
      400,
    ],
    ['two hosts', `GET /api/v1/sources HTTP/1.1\r\n${host}host: evil\r\n\r\n`, 403],
    ['a name that is none', 'GET /api/v1/sources HTTP/1.1\r\nhost: a b\r\n\r\n', 400],
    ['no host', 'GET /api/v1/sources HTTP/1.1\r\n\r\n', 403],
  ] as const) {
    test(`${what} is answered with ${status} and what is wrong`, async () => {
      await using here = await open();
      const answer = await answerTo(here, request);
      assert.match(
        answer,
        new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*application/problem\\+json[\\s\\S]*"status":${status},`),
      );
    });
  }

  test('a connection that cannot be accepted is no end of the daemon', async () => {
    const servers: EventEmitter[] = [];
    const listening = tracingChannel('net.server.listen');
    const asyncEnd = (message: object) => void servers.push((message as { server: EventEmitter }).server);
    listening.subscribe({ asyncEnd } as never);
    await using here = await open();
    listening.unsubscribe({ asyncEnd } as never);
    for (const server of servers)
      for (let n = 0; n < 2; n += 1) server.emit('error', new Error('accept ENOBUFS'));
    assert.equal(servers.length, 1);
    assert.match(await answerTo(here, 'GET /healthz HTTP/1.0\r\n\r\n'), /200 OK/);
  });

  test('a load balancer that speaks HTTP/1.0 and names no host is told the health', async () => {
    await using here = await open();
    assert.match(
      await answerTo(here, 'GET /healthz HTTP/1.0\r\n\r\n'),
      /^HTTP\/1\.1 200 OK[\s\S]*\r\n\r\nok\n$/,
    );
  });

  test('a body that breaks off is no fault of the daemon', async () => {
    await using here = await open();
    const socket = here.dial('');
    socket.write(`POST /api/v1/webhooks/agent/replay HTTP/1.1\r\n${host}content-length: 50\r\n\r\n{"since"`);
    await until(() => here.requests.begun === 1);
    socket.destroy();
    await until(() => here.requests.answered === 1);
    assert.equal((await here.ask('/healthz')).status, 200);
    assert.deepEqual([here.errors, here.daemon.done], [[], []]);
  });
});
