import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compileProjection } from '../../../src/lib/expression.ts';
import { parseJson } from '../../../src/lib/json.ts';

const made = async (expression: string, input: string): Promise<string> =>
  JSON.stringify(await compileProjection(expression)({ input: parseJson(input), variables: {} }));

describe('what an expression makes of a record', () => {
  const cases: [name: string, expression: string, input: string, result: string][] = [
    ['an object', '{ "id": id, "was": $old }', '{"id":1}', '{"id":1}'],
    ['digits as written', '{ "n": n }', '{"n":12345678901234567890}', '{"n":12345678901234567890}'],
    ['trailing zeros as written', '{ "p": p }', '{"p":1.10}', '{"p":1.10}'],
    [
      'numbers that JavaScript rounds to one',
      '[a, b, c]',
      '{"a":12345678901234567890,"b":12345678901234567891,"c":12345678901234567000}',
      '[12345678901234567890,12345678901234567891,12345678901234567000]',
    ],
    ['numbers beyond all bounds', '[a, b]', '{"a":1e999,"b":2e999}', '[1e999,2e999]'],
    ['the whole record', '$', '{"a":[1.0,{"b":2.50}]}', '{"a":[1.0,{"b":2.50}]}'],
    ['what is computed', '{ "total": price * 2 }', '{"price":1.50}', '{"total":3}'],
    ['nothing', 'missing', '{}', 'null'],
    ['a function', '{ "f": function($x) { $x } }', '{}', '{"f":null}'],
    ['one element of a list', 'items[n = 1]', '{"items":[{"n":1},{"n":2}]}', '{"n":1}'],
    ['a list of one', 'items[n = 1][]', '{"items":[{"n":1}]}', '[{"n":1}]'],
    ['a member called __proto__', '$', '{"__proto__":{"n":1.0}}', '{"__proto__":{"n":1.0}}'],
  ];
  for (const [name, expression, input, result] of cases) {
    test(name, async () => assert.equal(await made(expression, input), result));
  }

  test('is bounded', async () => {
    await assert.rejects(made('[1..200000]', '{}'), /the result is too large/);
    const doubled = '$reduce([1..30], function($text, $n) { $text & $text }, "x")';
    await assert.rejects(made(doubled, '{}'), /too large|Invalid string length/);
  });
});
