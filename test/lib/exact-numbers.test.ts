import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { exactly } from '../../src/lib/exact-numbers.ts';
import { compileExpression } from '../../src/lib/expression.ts';
import { parseJson } from '../../src/lib/json.ts';

const TEXT =
  '{"id":12345678901234567890,"near":12345678901234567891,"price":1.10,"same":[2.50,2.5],"o":{"a":1.0},"n":5}';

async function evaluated(expression: string, text = TEXT): Promise<string | undefined> {
  return JSON.stringify(await exactly(parseJson(text), compileExpression(expression)));
}

const TABLE: Record<string, [expression: string, expected: string | undefined]> = {
  'the whole': ['$', TEXT],
  'objects that are passed on': ['{ "x": o }', '{"x":{"a":1.0}}'],
  'objects that are merged': ['$merge([o, { "n": n }])', '{"a":1.0,"n":5}'],
  'numbers of more digits than JavaScript holds': [
    '[id, near]',
    '[12345678901234567890,12345678901234567891]',
  ],
  'numbers with trailing zeros': ['price', '1.10'],
  'a number that is spelled in two ways': ['$max(same)', '2.5'],
  'digits in text': ['"no. " & id', '"no. 12345678901234567890"'],
  comparing: ['[price < 2, n = 5, id > n]', '[true,true,true]'],
  'computing with numbers that are not exact': ['id - id', '0'],
  nothing: ['missing', undefined],
};
for (const [name, [expression, expected]] of Object.entries(TABLE)) {
  test(`exact: ${name}`, async () => assert.equal(await evaluated(expression), expected));
}

test('an error of the expression stays one', async () => {
  await assert.rejects(evaluated('$sum("a" & id)'), /a function takes a list of another type/);
});

test('any JSON that is passed on keeps its bytes', async () => {
  const number = fc.oneof(
    fc.integer().map(String),
    fc.bigInt().map(String),
    fc.tuple(fc.nat(), fc.nat()).map(([whole, part]) => `${whole}.${part}0`),
    fc.nat(300).map((power) => `1e${power}`),
  );
  const { tree } = fc.letrec<{ tree: string }>((tie) => ({
    tree: fc.oneof(
      number,
      fc.string().map((text) => JSON.stringify(text)),
      fc.array(tie('tree'), { maxLength: 4 }).map((parts) => `[${parts}]`),
      fc
        .dictionary(fc.string({ minLength: 1, unit: 'grapheme' }), tie('tree'), { maxKeys: 4 })
        .map((map) => `{${Object.entries(map).map(([key, value]) => `${JSON.stringify(key)}:${value}`)}}`),
    ),
  }));
  const expression = compileExpression('{ "got": value }');
  await fc.assert(
    fc.asyncProperty(tree, async (value) => {
      const text = `{"value":${value}}`;
      const result = JSON.stringify(await exactly(parseJson(text), expression));
      assert.equal(result, JSON.stringify({ got: parseJson(value) }));
    }),
  );
});
