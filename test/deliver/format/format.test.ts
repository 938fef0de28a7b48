import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WebhookConfig } from '../../../src/config/document.ts';
import { batchBody, createFormat } from '../../../src/deliver/format/format.ts';
import { DATA, event, PREVIOUS, RECORD } from './events.ts';

function formatOf(format: WebhookConfig['format'], cloudevents_source?: string) {
  return createFormat({ format, cloudevents_source });
}

test('standard: the body as it was committed', async () => {
  const one = event(DATA);
  const { contentType, body, headers } = formatOf('standard');
  assert.deepEqual([contentType, await body(one), headers(one)], ['application/json', one.body, {}]);
});

const records: Record<string, [data: string, expected: string, change?: 'created' | 'deleted']> = {
  'the current one, every digit kept': [DATA, RECORD],
  'the last known one when deleted': [`{"current":null,"previous":${PREVIOUS}}`, PREVIOUS, 'deleted'],
  'what a rule made of it': [`{"record":{"id":1.0}}`, '{"id":1.0}'],
  'what a rule made of a deleted one': [`{"record":[1],"previous":null}`, '[1]', 'deleted'],
  'a document that is a number': ['{"current":1e3,"previous":1}', '1e3'],
  'a document that is null': ['{"current":null,"previous":1}', 'null'],
  'all that an operational event says': [
    '{"webhook":"agent","error":"410"}',
    '{"webhook":"agent","error":"410"}',
  ],
};
for (const [name, [data, expected, change = 'created']] of Object.entries(records)) {
  test(`record: ${name}`, async () => {
    const { contentType, body } = formatOf('record');
    assert.deepEqual([contentType, await body(event(data, { change }))], ['application/json', expected]);
  });
}

const TIME = '2026-11-21T09:30:12.481Z';

test('cloudevents: structured JSON, every digit kept', async () => {
  const { contentType, batchType, body, headers } = formatOf('cloudevents');
  const one = event(DATA);
  assert.deepEqual(
    [contentType, batchType, headers(one)],
    ['application/cloudevents+json', 'application/cloudevents-batch+json', {}],
  );
  assert.equal(
    await body(one),
    `{"specversion":"1.0","id":"evt_318","source":"pollhook/inventory","type":"inventory.low_stock","subject":"SKU-17","time":"${TIME}","datacontenttype":"application/json","data":${DATA}}`,
  );
});

test('cloudevents: a source of their own, and no subject for a whole document', async () => {
  const text = await formatOf('cloudevents', 'https://erp.example.com/stock').body(
    event(DATA, { key: null }),
  );
  const { source, ...rest } = JSON.parse(String(text));
  assert.equal(source, 'https://erp.example.com/stock');
  assert.ok(!('subject' in rest));
});

test('cloudevents-binary: the attributes in headers, the data alone in the body', async () => {
  const { contentType, batchType, body, headers } = formatOf('cloudevents-binary');
  const one = event(DATA);
  assert.deepEqual([contentType, batchType, await body(one)], ['application/json', null, DATA]);
  assert.deepEqual(headers(one), {
    'ce-specversion': '1.0',
    'ce-id': 'evt_318',
    'ce-source': 'pollhook/inventory',
    'ce-type': 'inventory.low_stock',
    'ce-subject': 'SKU-17',
    'ce-time': TIME,
  });
});

/** https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md#3132-http-header-values */
test('cloudevents-binary: the example of the specification', () => {
  const { headers } = formatOf('cloudevents-binary');
  assert.equal(headers(event(DATA, { key: 'Euro € 😀' }))['ce-subject'], 'Euro%20%E2%82%AC%20%F0%9F%98%80');
  assert.equal(headers(event(DATA, { key: '50% "of"' }))['ce-subject'], '50%25%20%22of%22');
});

test('a batch is a JSON array of bodies in their order', async () => {
  const { body } = formatOf('record');
  const bodies = [await body(event(DATA)), await body(event(`{"current":1.0}`))] as string[];
  assert.equal(batchBody(bodies), `[${RECORD},1.0]`);
  assert.equal(batchBody(bodies.slice(0, 1)), `[${RECORD}]`);
});

test('formats that have no form for a batch say so', () => {
  const free = (content_type: string) => formatOf({ body: 'data', content_type }).batchType;
  assert.equal(free('application/json'), 'application/json');
  assert.equal(free('application/vnd.pagerduty+json;version=2'), 'application/json');
  assert.equal(free('text/plain'), null);
  assert.equal(free('form'), null);
});
