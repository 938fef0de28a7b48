import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../fake-clock.ts';
import { serve } from './fixtures.ts';

const happened = { kind: 'source', name: 'tickets', state: 'failing' } as const;

async function open(scene = serve(), init: RequestInit = {}) {
  const response = await scene.ask('/api/v1/stream', init);
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  const next = async () => decoder.decode((await reader.read()).value);
  return { ...scene, response, reader, next };
}

describe('the stream', () => {
  test('greets, tells what happens, and beats while nothing does', async () => {
    const { response, next, daemon, clock, reader } = await open();
    assert.equal(response.headers.get('content-type'), 'text/event-stream');
    assert.match(await next(), /^retry: 2000\nevent: hello\ndata: \{"time":"[^"]+","problems":\[\]\}\n\n$/);
    for (const { tell } of daemon.followers) tell(happened);
    assert.equal(await next(), `event: source\ndata: ${JSON.stringify(happened)}\n\n`);
    await clock.advance(15_000);
    assert.equal(await next(), ': heartbeat\n\n');
    await reader.cancel();
    assert.equal(daemon.followers.size, 0);
    await until(() => clock.sleeping === 0, 'the end of the beat');
  });

  test('ends when the daemon stops', async () => {
    const { next, reader, daemon } = await open();
    await next();
    for (const { end } of daemon.followers) end();
    assert.equal((await reader.read()).done, true);
    assert.equal(daemon.followers.size, 0);
  });

  test('is left when the client goes', async () => {
    const gone = new AbortController();
    const { daemon, clock } = await open(serve(), { signal: gone.signal });
    gone.abort();
    assert.equal(daemon.followers.size, 0);
    await until(() => clock.sleeping === 0, 'the end of the beat');
  });

  test('cuts off who does not read, with little waiting', async () => {
    const { daemon, reader } = await open();
    let told = 0;
    while (daemon.followers.size > 0 && told < 100_000) {
      for (const { tell } of daemon.followers) tell(happened);
      told += 1;
    }
    assert.equal(daemon.followers.size, 0);
    let size = 0;
    for (let part = await reader.read(); !part.done; part = await reader.read()) size += part.value.length;
    assert.ok(size < 300_000, `${size} bytes waited`);
  });

  test('has room for so many', async () => {
    const scene = serve();
    Object.assign(scene.daemon.control, { follow: () => null });
    assert.equal((await scene.ask('/api/v1/stream')).status, 503);
  });
});
