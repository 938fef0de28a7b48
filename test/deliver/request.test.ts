import assert from 'node:assert/strict';
import { createHmac, hash } from 'node:crypto';
import { validateHeaderValue } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import fc from 'fast-check';
import type { WebhookConfig } from '../../src/config/document.ts';
import { createRequests } from '../../src/deliver/request.ts';
import { Secret } from '../../src/lib/secret.ts';
import type { Delivery } from '../../src/model.ts';
import { agent, delivery, SECRET, serve, webhook } from './fixtures.ts';

const AT = Date.parse('2026-11-21T09:30:12.999Z');

/** Prepares requests that can be made. */
function requests(settings: Partial<WebhookConfig> = {}, version = '1') {
  const requestFor = createRequests(webhook(settings), version);
  return async (owed: Delivery, at: number) => {
    const { request, unsent } = await requestFor([owed], at);
    assert.ok(request, JSON.stringify(unsent));
    return request;
  };
}

test('the headers of the wire contract', async () => {
  const settings = {
    url: 'https://agents.example.com:8443/hooks/tickets?team=a%20b#part',
    method: 'PUT' as const,
  };
  const request = await requests(settings, '1.2.3')(delivery(318, { attempts: 2 }), AT);
  const { 'webhook-signature': signature, ...headers } = request.headers;
  assert.match(signature ?? '', /^v1,[A-Za-z0-9+/]{43}=$/);
  assert.deepEqual(headers, {
    'content-type': 'application/json',
    'user-agent': 'pollhook/1.2.3',
    'webhook-id': 'evt_318',
    'webhook-timestamp': '1795253412',
    'pollhook-attempt': '2',
    'pollhook-sequence': '318',
    'pollhook-event': 'tickets.updated',
    'pollhook-source': 'tickets',
    'pollhook-change': 'updated',
  });
  assert.deepEqual(
    { origin: request.origin, path: request.path, method: request.method, body: request.body },
    {
      origin: 'https://agents.example.com:8443',
      path: '/hooks/tickets?team=a%20b',
      method: 'PUT',
      body: delivery(318).event.body,
    },
  );
});

test('each attempt is signed afresh, the id and the body stay', async () => {
  const requestFor = requests();
  const first = await requestFor(delivery(1, { attempts: 1 }), AT);
  const second = await requestFor(delivery(1, { attempts: 2 }), AT + 5000);
  assert.notEqual(first.headers['webhook-signature'], second.headers['webhook-signature']);
  assert.notEqual(first.headers['webhook-timestamp'], second.headers['webhook-timestamp']);
  assert.equal(first.headers['webhook-id'], second.headers['webhook-id']);
  assert.equal(first.body, second.body);
});

test('a trace is of an event, a span of an attempt', async () => {
  const parts = async (
    requestFor: ReturnType<typeof requests>,
    sequence: number,
    attempts: number,
    at = AT,
  ) => {
    const { headers } = await requestFor(delivery(sequence, { attempts }), at);
    // https://www.w3.org/TR/trace-context-2/#traceparent-header
    const [, trace = '', span = ''] =
      /^00-(?!0+-)([0-9a-f]{32})-(?!0+-)([0-9a-f]{16})-01$/.exec(headers.traceparent ?? '') ?? [];
    return { trace, span };
  };
  const agent = requests({ traceparent: true });
  const first = await parts(agent, 1, 1);
  assert.equal(first.trace, hash('sha256', 'evt_1').slice(0, 32));
  const others = await Promise.all([
    parts(agent, 1, 2),
    // Replayed: the count begins anew.
    parts(agent, 1, 1, AT + 1),
    parts(requests({ traceparent: true, name: 'audit' }), 1, 1),
  ]);
  assert.deepEqual(new Set(others.map(({ trace }) => trace)), new Set([first.trace]));
  assert.equal(new Set([first, ...others].map(({ span }) => span)).size, 4);
  assert.notEqual((await parts(agent, 2, 1)).trace, first.trace);
  assert.ok(!('traceparent' in (await requests()(delivery(1), AT)).headers));
});

test("the operator's headers come beside ours and never break them", async () => {
  const headers = {
    'X-Team': 'support',
    Authorization: 'Bearer abc',
    Host: 'virtual.example.com',
    'WEBHOOK-ID': 'mine',
    'Webhook-Signature': 'v1,forged',
    'Webhook-Team': 'a header of ours only by its looks',
    'Pollhook-Attempt': '99',
  };
  const plain = await requests()(delivery(1, { attempts: 1 }), AT);
  const sent = await requests({ headers: secret(headers) })(delivery(1, { attempts: 1 }), AT);
  assert.deepEqual(sent.headers, {
    'x-team': 'support',
    authorization: 'Bearer abc',
    host: 'virtual.example.com',
    'webhook-team': 'a header of ours only by its looks',
    ...plain.headers,
  });
});

test("content type and user agent may be the operator's own", async () => {
  const own = { 'Content-Type': 'application/json; charset=utf-8', 'User-Agent': 'desk/2' };
  const { headers } = await requests({ headers: secret(own) })(delivery(1), AT);
  assert.deepEqual([headers['content-type'], headers['user-agent']], Object.values(own));
});

function secret(headers: Record<string, string>): WebhookConfig['headers'] {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, new Secret(value)]));
}

test('any event type, source and key is a valid header value that can be read back', async () => {
  const requestFor = requests({ sign: ['github'], format: 'cloudevents-binary' });
  const text = fc.string({ unit: 'binary' });
  await fc.assert(
    fc.asyncProperty(text, text, text, async (type, source, key) => {
      const one = delivery(1);
      const { headers } = await requestFor({ ...one, event: { ...one.event, type, source, key } }, AT);
      for (const [name, value] of Object.entries(headers)) validateHeaderValue(name, value);
      const read = (name: string) => decodeURIComponent(headers[name] ?? '');
      for (const name of ['pollhook-event', 'x-github-event', 'ce-type']) {
        assert.equal(read(name), type.toWellFormed());
      }
      assert.equal(read('pollhook-source'), source.toWellFormed());
      assert.equal(read('ce-source'), `pollhook/${source.toWellFormed()}`);
      assert.equal(read('ce-subject'), key.toWellFormed());
    }),
  );
});

test('what is signed are the bytes that are sent', async (context) => {
  const bodies: Buffer[] = [];
  const origin = await serve(context, async (request, response) => {
    bodies.push(await buffer(request));
    response.end();
  });
  const body = '"\ud800 " & data.key & " ä🚀"';
  const requestFor = requests({ sign: ['github'], format: { body, content_type: 'text/plain' } });
  const { headers, ...request } = await requestFor(delivery(1, { key: '\udfff漢' }), AT);
  const { body: answer } = await agent(context).request({ ...request, origin, headers });
  await answer.dump();
  const [sent = Buffer.alloc(0)] = bodies;
  assert.equal(sent.toString(), '\ufffd \ufffd漢 ä🚀');
  const expected = createHmac('sha256', SECRET).update(sent).digest('hex');
  assert.equal(headers['x-hub-signature-256'], `sha256=${expected}`);
});

test('a batch: the bodies in order, one id, and no header that is true of one event alone', async () => {
  const requestFor = createRequests(webhook({ batch: { max: 10, wait: 0 }, sign: ['github'] }), '1');
  const parcel = [1, 2].map((sequence) => delivery(sequence, { attempts: 3, batch: 'batch_1' }));
  const { request } = await requestFor(parcel as [Delivery, ...Delivery[]], AT);
  assert.equal(request?.body, `[${parcel.map(({ event }) => event.body).join(',')}]`);
  const { 'x-hub-signature-256': signature, 'user-agent': _, ...headers } = request.headers;
  assert.equal(signature, `sha256=${createHmac('sha256', SECRET).update(request.body).digest('hex')}`);
  assert.deepEqual(headers, {
    'content-type': 'application/json',
    'webhook-id': 'batch_1',
    'webhook-timestamp': '1795253412',
    'pollhook-attempt': '3',
    'pollhook-batch': '2',
    'x-github-delivery': 'batch_1',
    'x-github-event': 'tickets.updated',
  });
});

test('what is too much for one request leaves its batch', async () => {
  const requestFor = createRequests(webhook({ batch: { max: 10, wait: 0 } }), '1');
  const huge = (sequence: number) => {
    const one = delivery(sequence, { batch: 'batch_1' });
    return { ...one, event: { ...one.event, body: 'x'.repeat(60_000_000) } };
  };
  const { deliveries, unsent } = await requestFor([huge(1), huge(2)], AT);
  assert.deepEqual(
    deliveries?.map(({ event }) => event.id),
    ['evt_1'],
  );
  assert.match(unsent[0]?.failure.message ?? '', /100 MB .* `batch\.max`/);
});

test('a batch of one is a list, and one of several types says so', async () => {
  const cloudevents = webhook({ batch: { max: 10, wait: 0 }, sign: ['github'], format: 'cloudevents' });
  const requestFor = createRequests(cloudevents, '1');
  const one = delivery(1, { batch: 'batch_1' });
  const single = await requestFor([one], AT);
  assert.equal(JSON.parse(single.request?.body ?? '').length, 1);
  assert.equal(single.request?.headers['content-type'], 'application/cloudevents-batch+json');
  const other = { ...one, event: { ...one.event, type: 'tickets.created' } };
  const mixed = await requestFor([one, other], AT);
  assert.equal(mixed.request?.headers['x-github-event'], 'pollhook.batch');
});

test('what cannot be made leaves its batch, the others are sent', async () => {
  const body = '$number(data.key) > 1 ? { "key": data.key } : $error("too small")';
  const format = { body, content_type: 'application/json' };
  const requestFor = createRequests(webhook({ batch: { max: 10, wait: 0 }, format }), '1');
  const parcel = ['0', '5', '1', '6'].map((key, at) => delivery(at, { key, batch: 'batch_1' }));
  const all = parcel as [Delivery, ...Delivery[]];
  const { request, deliveries, unsent } = await requestFor(all, AT);
  assert.equal(request?.body, '[{"key":"5"},{"key":"6"}]');
  assert.equal(request.headers['pollhook-batch'], '2');
  assert.deepEqual(
    deliveries?.map(({ event }) => event.key),
    ['5', '6'],
  );
  assert.deepEqual(
    unsent.map(({ delivery: { event }, failure: { code } }) => [event.key, code]),
    [
      ['0', 'DELIVERY_BODY'],
      ['1', 'DELIVERY_BODY'],
    ],
  );
  assert.equal((await requestFor([all[0]], AT)).request, null);
});
