import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import jsonata from 'jsonata';
import { type Scope, shortcutOf, UNDECIDED } from '../../../src/lib/expression/shortcut.ts';
import { compileCondition } from '../../../src/lib/expression.ts';
import { parseJson } from '../../../src/lib/json.ts';

const scope = (input: string, variables: Scope['variables'] = {}): Scope => ({
  input: parseJson(input),
  variables,
});

describe('a condition', () => {
  const cases: [expression: string, input: string, holds: boolean, quickly: boolean][] = [
    ['stock < reorder_level', '{"stock":3,"reorder_level":10}', true, true],
    ['stock < reorder_level', '{"stock":10,"reorder_level":10}', false, true],
    ['stock < reorder_level', '{"stock":10}', false, true],
    ['status != "draft"', '{"status":"open"}', true, true],
    ['status != "draft"', '{}', false, true],
    ['a.b.c = 1', '{"a":{"b":{"c":1.0}}}', true, true],
    ['a.b.c = 1', '{"a":{"b":[{"c":1},{"c":2}]}}', false, false],
    ['"x" in tags', '{"tags":["x"]}', true, false],
    ['urgent', '{"urgent":true}', true, true],
    ['urgent', '{"urgent":"no"}', true, true],
    ['urgent', '{"urgent":0}', false, true],
    ['urgent', '{"urgent":{}}', false, false],
    ['urgent', '{"urgent":[0,0]}', false, false],
    ['urgent = null', '{"urgent":null}', true, true],
    ['priority = "high" and (owner = "a" or owner = "b")', '{"priority":"high","owner":"b"}', true, true],
    ['a or missing < 3', '{"a":1}', true, true],
    ['$boolean(a) = false', '{"a":0}', true, false],
    ['n > 12345678901234560000', '{"n":12345678901234567891}', true, false],
    ['a = b', '{"a":12345678901234567890,"b":12345678901234567891}', false, false],
    ['id = 12345678901234567891', '{"id":12345678901234567891}', true, false],
    ['id in [12345678901234567891]', '{"id":12345678901234567891,"n":1.0}', true, false],
    ['id != 12345678901234567891', '{"id":12345678901234567891}', false, false],
    ['price = 1.1', '{"price":1.10}', true, true],
    ['`first name` = "A"', '{"first name":"A"}', true, true],
    ['constructor = 1', '{}', false, true],
    ['__proto__.a = 1', '{"__proto__":{"a":1}}', true, true],
    ['title ~> /urgent/i', '{"title":"URGENT: fire"}', true, false],
    ['$count(items) > 1', '{"items":[1,2]}', true, false],
    ['items[0].n = 1', '{"items":[{"n":1}]}', true, false],
  ];
  for (const [expression, input, holds, quickly] of cases) {
    test(`${expression} of ${input}: ${holds}`, async () => {
      assert.equal(await compileCondition(expression)(scope(input)), holds);
      assert.equal(typeof compileCondition(expression)(scope(input)) === 'boolean', quickly);
    });
  }

  test('knows variables', async () => {
    const condition = compileCondition('$previous.status = "open" and $change = "updated"');
    assert.equal(condition(scope('{}', { previous: { status: 'open' }, change: 'updated' })), true);
    assert.equal(condition(scope('{}', { previous: null, change: 'created' })), false);
  });

  test('that is decided without JSONata is decided as JSONata does', async () => {
    const leaf = fc.constantFrom('a', 'b', 'c.d', '$v', '$v.a', '1', '"x"', '"10"', 'true', 'null', '-2');
    const { term } = fc.letrec<{ term: string }>((tie) => ({
      term: fc.oneof(
        { maxDepth: 3 },
        leaf,
        fc
          .tuple(tie('term'), fc.constantFrom('=', '!=', '<', '<=', '>', '>=', 'and', 'or'), tie('term'))
          .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
      ),
    }));
    const value = fc.constantFrom('1', '2', '"x"', '"10"', '""', '0', 'true', 'false', 'null', '[1]', '{}');
    const record = fc
      .record({ a: value, b: value, d: value }, { requiredKeys: [] })
      .map(({ a, b, d }) => `{${[a && `"a":${a}`, b && `"b":${b}`, d && `"c":{"d":${d}}`].filter(Boolean)}}`);
    let decided = 0;
    await fc.assert(
      fc.asyncProperty(term, record, record, async (text, input, variable) => {
        const one = scope(input, { v: parseJson(variable) });
        const shortcut = shortcutOf(jsonata(text).ast())?.(one) ?? UNDECIDED;
        if (shortcut === UNDECIDED) return;
        decided += 1;
        const bindings = { v: JSON.parse(variable) };
        const expected = await jsonata(`$boolean(${text})`).evaluate(JSON.parse(input), bindings);
        assert.equal(shortcut, expected ?? false);
      }),
      { numRuns: 1500 },
    );
    assert.ok(decided > 500, `${decided} decided`);
  });

  const failing: [expression: string, input: string, said: RegExp][] = [
    ['stock < 10', '{"stock":"secret"}', /^a text is compared with a number: .*, at character 7 \(`<`\)$/],
    ['stock < 10', '{"stock":{"a":"secret"}}', /neither text nor number/],
    ['$number(stock) < 10', '{"stock":"secret"}', /taken for a number/],
    ['($f := function($n) { 1 + $f($n) }; $f(stock))', '{"stock":1}', /too deeply/],
    ['$contains(stock, /^(a+)+$/)', `{"stock":"${'a'.repeat(40)}b"}`, /searched for more than 100 ms/],
    ['$eval(stock)', '{"stock":"1"}', /\$eval is not available/],
    ['$length($pad("x", stock)) > 0', '{"stock":900000000}', /\$pad makes no text/],
    ['$count([1..stock]) > 0', '{"stock":5000000}', /a list grows too long|a range is too long/],
  ];
  for (const [expression, input, said] of failing) {
    test(`${expression} fails, and says why without a word of the record`, async () => {
      await assert.rejects(
        async () => compileCondition(expression)(scope(input)),
        (error: Error) => {
          assert.match(error.message, said);
          assert.doesNotMatch(error.message, /secret/);
          return true;
        },
      );
    });
  }

  test('pads as JSONata does', async () => {
    for (const [text, expected] of [
      ['$pad(a, 5) = "x    "', true],
      ['$pad(a, -5, "#*") = "#*#*x"', true],
      ['$pad(a, 5, "😀") = "x😀😀😀😀"', true],
      ['$pad(missing, 5) = "     "', false],
    ] as const) {
      assert.equal(await compileCondition(text)(scope('{"a":"x"}')), expected, text);
    }
  });
});
