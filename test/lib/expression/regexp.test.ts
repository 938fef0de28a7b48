import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BoundedRegExp, choicesOf } from '../../../src/lib/expression/regexp.ts';

describe('how many choices a pattern has', () => {
  const cases: [pattern: RegExp, choices: number | null][] = [
    [/^urgent$/i, 0],
    [/a|b|[c-z+*]/, 0],
    [/\d+/, 1],
    [/.*error.*/, 2],
    [/x{2,5}y?/, 2],
    [/(?:a|b)c\(\*/, 0],
    [/\[\d+\]/, 1],
    [/(a+)+/, null],
    [/(a|a)*b/, null],
    [/(a)\1/, null],
    [/(?=a)b/, null],
  ];
  for (const [pattern, choices] of cases)
    test(String(pattern), () => assert.equal(choicesOf(pattern.source), choices));
});

describe('a bounded regular expression', () => {
  test('finds what the pattern finds, one after another', () => {
    for (const pattern of [/(\w)(\d)?/g, /((\w)(\d)?)+/g]) {
      const bounded = new BoundedRegExp(pattern);
      const plain = new RegExp(pattern);
      for (let search = 0; search < 5; search += 1) {
        assert.deepEqual(bounded.exec('a1 b c3'), plain.exec('a1 b c3'));
        assert.equal(bounded.lastIndex, plain.lastIndex);
      }
    }
  });

  for (const [pattern, text] of [
    [/^(a+)+$/, `${'a'.repeat(40)}b`],
    [/a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?b/, 'a'.repeat(40)],
    [/x*x*x*x*x*x*y/, 'x'.repeat(400)],
  ] as const) {
    test(`${pattern} ends`, () => {
      assert.throws(() => new BoundedRegExp(pattern).exec(text), /searched for more than 100 ms/);
    });
  }
});
