import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { test } from 'node:test';
import { assertGenuine, Scene } from './scene.ts';

const CONFIG = `
alerts: { send_to: ops }
sources:
  tickets:
    url: \${SOURCE}/api/tickets
    every: 10s
    items: tickets
    key: id
    backoff: { first: 10s, factor: 1, max: 10s }
    send_to: agent
webhooks:
  agent: { url: "\${RECEIVER}/agent", secret: "\${SECRET}" }
  ops: { url: "\${RECEIVER}/ops", secret: "\${SECRET}" }
`;

const unavailable = (_request: IncomingMessage, response: ServerResponse) =>
  void response.writeHead(404).end();

test('operators are told of a source that fails and recovers, signed, once, over a restart', async () => {
  await using scene = await Scene.open();
  scene.source = { tickets: [{ id: 1 }] };
  await scene.start(CONFIG);
  await scene.nextPoll(0);
  scene.source = unavailable;
  await scene.nextPoll(10_000);
  await scene.nextPoll(10_000);
  assert.equal(scene.received.length, 0);
  await scene.nextPoll(10_000);
  const [failing] = await scene.deliveries(1);
  assert.ok(failing);
  assert.equal(failing.path, '/ops');
  assertGenuine(failing);
  assert.equal(failing.event.type, 'pollhook.source.failing');
  const { message, ...data } = failing.event.data;
  assert.match(String(message), /^3 polls in a row failed: 127\.0\.0\.1:\d+ answered 404 Not Found$/);
  assert.deepEqual(data, {
    source: 'tickets',
    failures: 3,
    error: 'FETCH_STATUS',
    sequence: 1,
  });
  assert.equal(failing.headers['pollhook-source'], '@pollhook');
  const metrics = await (await scene.ask('/metrics')).text();
  assert.match(metrics, /pollhook_events_total\{source="@pollhook",type="pollhook.source.failing"\} 1/);

  await scene.stop();
  await scene.start(CONFIG);
  await scene.nextPoll(10_000);
  await scene.nextPoll(10_000);
  scene.source = { tickets: [{ id: 1 }] };
  await scene.nextPoll(10_000);
  const all = await scene.deliveries(2);
  assert.deepEqual(
    all.map(({ event }) => event.type),
    ['pollhook.source.failing', 'pollhook.source.recovered'],
  );
});
