import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createCustomBody } from '../../../src/deliver/format/custom.ts';
import type { ChangeEvent } from '../../../src/model.ts';
import { DATA, event, RECORD } from './events.ts';

const bodyOf = (body: string, one: ChangeEvent = event(DATA), content_type = 'application/json') =>
  createCustomBody({ body, content_type }).body(one);

const right: Record<string, [expression: string, expected: string, type?: string]> = {
  'the standard body and the id': [
    '{ "id": id, "type": type, "at": timestamp, "key": data.key }',
    '{"id":"evt_318","type":"inventory.low_stock","at":"2026-11-21T09:30:12.481Z","key":"SKU-17"}',
  ],
  'a record as it was written': ['data.current', RECORD],
  'numbers as they were written': [
    '[data.current.ean, data.previous.ean, data.current.price, data.current.stock]',
    '[12345678901234567890,12345678901234567891,1.10,3]',
  ],
  'digits within a text': ['"EAN " & data.current.ean', '"EAN 12345678901234567890"'],
  'computing with large numbers': ['data.current.ean > 5', 'true'],
  'computing with written numbers': ['data.current.price * 2', '2.2'],
  'a list of one is a list': ['{ "blocks": [data.changes.path] }', '{"blocks":["/stock"]}'],
  'JSON types with a suffix': ['"a"', '"a"', 'application/vnd.api+json; charset=utf-8'],
  'a text': ['type & ": " & data.current.stock', 'inventory.low_stock: 3', 'text/plain; charset=utf-8'],
  'a number as text': ['data.current.ean', '12345678901234567890', 'text/plain'],
  'an object as text': ['{ "a": 1 }', '{"a":1}', 'text/plain'],
  'a lone surrogate becomes what can be sent': ['"a\\ud800b"', 'a\ufffdb', 'text/plain'],
  'functions are left out': ['{ "a": 1, "f": function($x) { $x }, "g": $sum }', '{"a":1}'],
  'a form': [
    '{ "text": "1 & 2", "ean": data.current.ean, "when": $millis() }',
    'text=1+%26+2&ean=12345678901234567890&when=1795253412481',
    'form',
  ],
};
for (const [name, [expression, expected, type]] of Object.entries(right)) {
  test(`free body: ${name}`, async () => {
    assert.equal(await bodyOf(expression, event(DATA), type), expected);
  });
}

test('a form is of the type of forms', () => {
  const { contentType } = createCustomBody({ body: '{}', content_type: 'form' });
  assert.equal(contentType, 'application/x-www-form-urlencoded');
});

test('the body is the same at every attempt: the time that it can tell is that of the event', async () => {
  const expression =
    '{ "now": $now(), "year": $now("[Y]"), "zone": $now("[H]:[m]", "+0200"), "ms": $millis() }';
  const first = await bodyOf(expression);
  assert.deepEqual(JSON.parse(String(first)), {
    now: '2026-11-21T09:30:12.481Z',
    year: '2026',
    zone: '11:30',
    ms: Date.parse('2026-11-21T09:30:12.481Z'),
  });
  assert.equal(await bodyOf(expression), first);
});

describe('an expression that does not work says why', () => {
  const wrong: Record<string, [expression: string, says: RegExp, type?: string]> = {
    'it fails': ['$sum(data.key)', /failed: .*at character 5/],
    'it gives nothing': ['data.current.missing', /gave nothing/],
    'it gives a function': ['function($x) { $x }', /gave a function/],
    'a form without a map': ['"a"', /gave no map, which a form needs/, 'form'],
    'it calls itself without end': ['($f := function($x) { 1 + $f($x) }; $f(1))', /failed: /],
    // On a busy machine the bound on time comes first.
    'it makes too much': [
      '$join([1..101].$pad("x", 100000))',
      /more than 10000000 characters|takes too long/,
    ],
    'it runs a text': ['$eval(type)', /\$eval is not available/],
  };
  for (const [name, [expression, says, type]] of Object.entries(wrong)) {
    test(name, async () => {
      const result = await bodyOf(expression, event(DATA), type);
      assert.ok(typeof result === 'object', String(result).slice(0, 100));
      assert.equal(result.code, 'DELIVERY_BODY');
      assert.match(result.message, says);
    });
  }
});
