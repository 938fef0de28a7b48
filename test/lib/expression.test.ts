import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileExpression, compileRepeatable } from '../../src/lib/expression.ts';

test('a failure is an Error that names the place', async () => {
  await assert.rejects(compileExpression('1 + $sum("a")')({}), (error) => {
    assert.ok(error instanceof Error);
    assert.match(error.message, /, at character 9 \(`sum`\)$/);
    return true;
  });
});

test('text from outside is not run', async () => {
  await assert.rejects(compileExpression('$eval("1")')({}), /\$eval is not available/);
});

test('repeatable: the time is the one that is given, also while others are evaluated', async () => {
  const evaluate = compileRepeatable('[$now(), $millis(), $now("[Y0001]-[M01]")]');
  const times = [0, 1_795_253_412_481, 951_782_400_000];
  const results = await Promise.all(times.map((time) => evaluate(null, time)));
  assert.deepEqual(
    results.map((result) => [...(result as unknown[])]),
    times.map((time) => {
      const iso = new Date(time).toISOString();
      return [iso, time, iso.slice(0, 7)];
    }),
  );
});

for (const text of [
  '$random()',
  '[1,2] ~> $shuffle',
  '$map([1], function($x) { $random() })',
  '{"a": [$shuffle([1])]}',
]) {
  test(`repeatable: chance is refused in ${text}`, () => {
    assert.throws(() => compileRepeatable(text), /would give something else at every attempt/);
  });
}

test('repeatable: fields may be called as functions of chance are', async () => {
  assert.equal(await compileRepeatable('random')({ random: 4 }, 0), 4);
});
