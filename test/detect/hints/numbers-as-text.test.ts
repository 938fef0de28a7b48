import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createNumbersAsTextHint } from '../../../src/detect/hints/numbers-as-text.ts';
import type { Change, Json } from '../../../src/model.ts';

function told(part: 'when' | 'becomes', expression: string, current: Json): string[] {
  const rule = { type: 'stock.low', changed: null, when: null, becomes: null, data: null, send_to: [] };
  const watch = createNumbersAsTextHint('s', [{ ...rule, on: [], [part]: expression }]);
  const window = { after: 1, by: 2 };
  const previous = { price: '10' };
  const change: Change = {
    ...{ change: 'updated', key: '1', current, previous, fields: [], truncated: false, window },
  };
  return [...watch.after([change]), ...watch.after([change])];
}

describe('numbers that are texts', () => {
  const misleading: [name: string, expression: string, record: Json][] = [
    ['two columns', 'stock < level', { stock: '9', level: '10' }],
    ['a column and a text', 'stock >= "10"', { stock: '9' }],
    ['the value before', 'price > $previous.price or true', { price: '9' }],
    ['within something else', '$not(a.b <= level)', { a: { b: '-1.5' }, level: ' 3' }],
  ];
  for (const [name, expression, record] of misleading) {
    test(`${name}: told once`, () => {
      const warnings = told('becomes', expression, record);
      assert.equal(warnings.length, 1);
      assert.match(warnings[0] ?? '', /^event rule 1 \(stock\.low\): `becomes` compares .*\$number/);
    });
  }

  const fine: [name: string, expression: string, record: Json][] = [
    ['numbers', 'stock < level', { stock: 9, level: 10 }],
    ['times', 'at < until', { at: '2026-11-21', until: '2026-11-22' }],
    ['numbers made of texts', '$number(stock) < $number(level)', { stock: '9', level: '10' }],
    ['equality', 'stock = level', { stock: '9', level: '10' }],
    ['missing values', 'stock < level', {}],
  ];
  for (const [name, expression, record] of fine)
    test(`${name}: nothing to tell`, () => assert.deepEqual(told('when', expression, record), []));
});
