import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import jsonata from 'jsonata';
import { FUNCTIONS } from '../../../src/lib/expression/functions.ts';
import { compileExpression, compileGiven } from '../../../src/lib/expression.ts';

test('the functions are those of the library', async () => {
  for (const name of FUNCTIONS) {
    const found = await jsonata(`$type($${name})`).evaluate(null);
    assert.equal(found, 'function', name);
  }
  const source = readFileSync(fileURLToPath(import.meta.resolve('jsonata')), 'utf8');
  const bound = [...source.matchAll(/staticFrame\.bind\('(\w+)'/g)].map(([, name]) => name);
  assert.ok(bound.length > 60);
  assert.deepEqual(
    bound.filter((name) => !FUNCTIONS.has(name ?? '')),
    [],
  );
});

const WRONG: Record<string, number> = {
  '$lowrcase(a)': 9,
  'a ~> $shout': 11,
  'a[$isOld(age)].b': 8,
  '$uuid()': 5,
  '(($f := function($x) { $g($x) }); $f(1))': 25,
};
for (const [text, position] of Object.entries(WRONG)) {
  test(`${text} calls what nobody defines`, () => {
    assert.throws(() => compileExpression(text), { position, message: /^there is no function \$\w+$/ });
  });
}

const RIGHT = [
  '$$.a + $ + $previous.b',
  'a@$v.b#$i.{ "c": $v.c, "i": $i }',
  '$ ~> |a|{"b": $previous.c}|',
  '($f := function($x) { $x + 1 }; $f(1))',
  '$map([1, 2], function($v, $i) { $v * $i })',
  '(function($g) { $g(1) })(function($x) { $x })',
  '[1, 2] ~> $sum() ~> $string',
  '($add := $sum; [1] ~> $add)',
  '$substring(?, 0, 1)("abc")',
];
for (const text of RIGHT)
  test(`${text} is fine`, () => assert.doesNotThrow(() => compileGiven(text, ['previous'])));
