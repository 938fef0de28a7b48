import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { test } from 'node:test';
import { verify } from '@octokit/webhooks-methods';
import Stripe from 'stripe';
import { until } from '../fake-clock.ts';
import { Scene, SECRET } from './scene.ts';

const CONFIG = `
sources:
  stock: { url: "\${SOURCE}", every: 30s, items: items, key: sku, send_to: [github, events, record, chat] }
webhooks:
  github: { url: "\${RECEIVER}/github", secret: "\${SECRET}", sign: [github, stripe] }
  events: { url: "\${RECEIVER}/events", secret: "\${SECRET}", format: cloudevents-binary }
  record: { url: "\${RECEIVER}/record", sign: none, format: record }
  chat:
    url: "\${RECEIVER}/chat"
    secret: ["\${SECRET}", another secret of the operator]
    sign: { header: X-Sig, prefix: "sha512=", algorithm: sha512 }
    format: { body: '{ "text": data.key & ": " & data.current.ean, "ean": data.current.ean }' }
`;

test('one change, to each receiver in its own form, every digit kept', async () => {
  await using scene = await Scene.open();
  const EAN = '12345678901234567890';
  const items = (price: string) => (_: IncomingMessage, response: ServerResponse) =>
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(`{"items":[{"sku":"A","ean":${EAN},"price":${price}}]}`);
  scene.source = items('1.10');
  await scene.start(CONFIG);
  await until(() => scene.lines('first snapshot').length === 1);
  scene.source = items('1.20');
  await scene.nextPoll(30_000);
  const received = new Map((await scene.deliveries(4)).map((one) => [one.path, one]));
  const record = `{"sku":"A","ean":${EAN},"price":1.20}`;

  const github = received.get('/github');
  assert.ok(github);
  assert.ok(await verify(SECRET, github.body, github.headers['x-hub-signature-256'] ?? ''));
  assert.doesNotThrow(() =>
    Stripe.webhooks.constructEvent(github.body, github.headers['stripe-signature'] ?? '', SECRET),
  );
  assert.equal(github.headers['x-github-event'], 'stock.updated');
  assert.equal(github.headers['x-github-delivery'], github.headers['webhook-id']);
  assert.ok(github.body.includes(`"current":${record}`));

  const events = received.get('/events');
  assert.equal(events?.headers['ce-type'], 'stock.updated');
  assert.equal(events?.headers['ce-source'], 'pollhook/stock');
  assert.equal(events?.headers['ce-id'], github.headers['webhook-id']);
  assert.ok(events?.body.startsWith('{"source":"stock","key":"A"') && events.body.includes(record));

  assert.equal(received.get('/record')?.body, record);
  assert.equal(received.get('/record')?.headers['webhook-signature'], undefined);

  const chat = received.get('/chat');
  assert.equal(chat?.body, `{"text":"A: ${EAN}","ean":${EAN}}`);
  const expected = createHmac('sha512', SECRET).update(chat.body).digest('hex');
  assert.equal(chat.headers['x-sig'], `sha512=${expected}`);
});
