import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { listen } from '../../src/server/listen.ts';
import { until } from '../fake-clock.ts';
import { serve } from './fixtures.ts';

const happened = { kind: 'source', name: 'tickets', state: 'failing' } as const;

/** The routes behind a real socket, and a client that says what it is told and reads when it is told. */
async function open() {
  const scene = serve();
  const server = await listen(scene.routes, '127.0.0.1:0');
  const port = Number(server.address.split(':')[1]);
  const dial = (head: string): Socket => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(`${head} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
    return socket;
  };
  return { ...scene, dial, [Symbol.asyncDispose]: () => server.close() };
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
  for (const head of [
    'GET //evil.example/api',
    'POST /api/v1/sources/%E0%A4%A/poll',
    'GET /\\..\\',
    'OPTIONS *',
    'GET /api/v1/sources?%00=%FF',
  ]) {
    test(`${head} is refused, and the server lives`, async () => {
      await using here = await open();
      let answer = '';
      here.dial(head).on('data', (chunk) => {
        answer += chunk;
      });
      await until(() => answer.includes('\r\n\r\n'), head);
      assert.match(answer, /^HTTP\/1\.1 4\d\d /, answer.slice(0, 200));
      assert.deepEqual(here.errors, []);
      assert.equal((await here.ask('/healthz')).status, 200);
    });
  }
});
