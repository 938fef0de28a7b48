import assert from 'node:assert/strict';
import { validateHeaderValue } from 'node:http';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRequests } from '../../src/deliver/request.ts';
import { Secret } from '../../src/lib/secret.ts';
import { delivery, webhook } from './fixtures.ts';

const AT = Date.parse('2026-11-21T09:30:12.999Z');

test('the headers of the wire contract', () => {
  const settings = {
    url: 'https://agents.example.com:8443/hooks/tickets?team=a%20b#part',
    method: 'PUT' as const,
  };
  const request = createRequests(webhook(settings), '1.2.3')(delivery(318, { attempts: 2 }), AT);
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

test('each attempt is signed afresh, the id and the body stay', () => {
  const requestFor = createRequests(webhook(), '1');
  const first = requestFor(delivery(1, { attempts: 1 }), AT);
  const second = requestFor(delivery(1, { attempts: 2 }), AT + 5000);
  assert.notEqual(first.headers['webhook-signature'], second.headers['webhook-signature']);
  assert.notEqual(first.headers['webhook-timestamp'], second.headers['webhook-timestamp']);
  assert.equal(first.headers['webhook-id'], second.headers['webhook-id']);
  assert.equal(first.body, second.body);
});

test("the operator's headers come beside ours and never break them", () => {
  const headers = {
    'X-Team': 'support',
    Authorization: 'Bearer abc',
    Host: 'virtual.example.com',
    'Content-Type': 'text/plain',
    'WEBHOOK-ID': 'mine',
    'Webhook-Signature': 'v1,forged',
    'Pollhook-Attempt': '99',
    'Content-Length': '3',
    'Transfer-Encoding': 'chunked',
    Connection: 'upgrade',
    Expect: '100-continue',
  };
  const secret = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, new Secret(value)]),
  );
  const plain = createRequests(webhook({ sign: 'none' }), '1')(delivery(1, { attempts: 1 }), AT).headers;
  const sent = createRequests(webhook({ sign: 'none', headers: secret }), '1')(
    delivery(1, { attempts: 1 }),
    AT,
  );
  assert.deepEqual(sent.headers, {
    'x-team': 'support',
    authorization: 'Bearer abc',
    host: 'virtual.example.com',
    ...plain,
  });
});

test('any event type and source is a valid header value that can be read back', () => {
  const requestFor = createRequests(webhook({ sign: 'none' }), '1');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (type, source) => {
      const one = delivery(1);
      const { headers } = requestFor({ ...one, event: { ...one.event, type, source } }, AT);
      for (const [name, value] of Object.entries(headers)) validateHeaderValue(name, value);
      assert.equal(decodeURIComponent(headers['pollhook-event'] ?? ''), type.toWellFormed());
      assert.equal(decodeURIComponent(headers['pollhook-source'] ?? ''), source);
    }),
  );
});
