import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../fake-clock.ts';
import { Scene } from './scene.ts';

test('one token for a source and a webhook, renewed on the way, and shown nowhere', async (t) => {
  let given = 0;
  const tokens = createServer((_, response) => {
    given += 1;
    response.end(JSON.stringify({ access_token: `the-token-number-${given}`, expires_in: 3600 }));
  });
  await new Promise<void>((resolve) => tokens.listen(0, '127.0.0.1', resolve));
  t.after(() => tokens.close());
  await using scene = await Scene.open();
  let accepted = 'Bearer the-token-number-1';
  let tickets: unknown[] = [];
  scene.source = (
    request: { headers: { authorization?: string } },
    response: import('node:http').ServerResponse,
  ) => {
    if (request.headers.authorization !== accepted) return void response.writeHead(401).end();
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ tickets }));
  };
  scene.answer = (request, response) => {
    const { authorization } = request.headers;
    response.writeHead(authorization === accepted ? 200 : 401).end(`you said ${authorization}`);
  };
  await scene.start(`
auth:
  shared:
    type: oauth2
    token_url: http://127.0.0.1:${(tokens.address() as AddressInfo).port}/token
    client_id: the-client-id
    client_secret: the-client-secret
sources:
  tickets: { url: "\${SOURCE}", every: 10s, items: tickets, key: id, auth: shared, proxy: false }
webhooks:
  agent: { url: "\${RECEIVER}/hooks", secret: "\${SECRET}", auth: shared, egress: { allow: [127.0.0.1] }, proxy: false }
`);
  await scene.nextPoll(0);
  tickets = [{ id: 1 }];
  await scene.nextPoll(10_000);
  await scene.deliveries(1);
  assert.equal(given, 1);

  accepted = 'Bearer the-token-number-2';
  tickets = [{ id: 1 }, { id: 2 }];
  await scene.nextPoll(10_000);
  await scene.deliveries(2);
  assert.equal(given, 2);
  await until(() => scene.lines('delivered').length === 2, 'both are delivered');
  await scene.stop();

  const files = readdirSync(scene.folder, { recursive: true, encoding: 'utf8' }).map((name) =>
    join(scene.folder, name),
  );
  const kept = files.filter((file) => statSync(file).isFile() && !file.endsWith('config.yaml'));
  assert.ok(kept.length > 1);
  for (const text of [JSON.stringify(scene.log), ...kept.map((file) => readFileSync(file, 'latin1'))]) {
    assert.ok(!/the-token-number|the-client-secret/.test(text), text);
  }
});
