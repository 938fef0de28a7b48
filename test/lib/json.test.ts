import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { canonicalNumber, isShallow, parseJson } from '../../src/lib/json.ts';
import type { Json } from '../../src/model.ts';

const digits = (min: number, max: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: min, maxLength: max }).map((all) => all.join(''));

/** The text of any JSON number, in any spelling. */
const numberText = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(
      fc.constant('0'),
      digits(1, 25).map((text) => `1${text}`),
      fc.nat().map(String),
    ),
    fc.oneof(
      fc.constant(''),
      digits(1, 25).map((text) => `.${text}`),
    ),
    fc.oneof(
      fc.constant(''),
      fc.integer({ min: -30, max: 30 }).map((power) => `e${power}`),
      fc.constant('E+2'),
    ),
  )
  .map((parts) => parts.join(''));

describe('parseJson', () => {
  test('keeps every number as it was written', () => {
    fc.assert(
      fc.property(fc.array(numberText), (texts) => {
        const text = `[${texts.join(',')}]`;
        assert.equal(JSON.stringify(parseJson(text)), text);
      }),
    );
  });

  test('gives what JSON.parse gives for everything else', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = JSON.stringify(value);
        assert.equal(JSON.stringify(parseJson(text)), JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  test('finds them wherever they are, and nothing else', () => {
    const blank = fc.constantFrom('', ' ', '\n\t', '  ');
    const scalar = fc.oneof(
      numberText,
      fc.constantFrom('-0', '-0.0', '0.0000001', '1e5', '10.05', '12345678901234567', '0.1234567890123456'),
      fc.string().map((text) => JSON.stringify(text)),
      numberText.map((text) => JSON.stringify(`, ${text}, 2026-03-01T10:30:00.${text}`)),
    );
    // V8 14.6 reads the name `"\""` as `"\\"` if that was the last name of an object before.
    const memberName = fc.string().filter((one) => !one.includes('\\'));
    const { text } = fc.letrec((tie) => ({
      text: fc
        .tuple(blank, fc.oneof({ maxDepth: 4 }, scalar, tie('list'), tie('object')), blank)
        .map((parts) => parts.join('')),
      list: fc.array(tie('text'), { maxLength: 4 }).map((parts) => `[${parts.join(',')}]`),
      object: fc
        .array(fc.tuple(memberName, blank, tie('text')), { maxLength: 4 })
        .map(
          (parts) =>
            `{${parts.map(([name, gap, part]) => `${JSON.stringify(name)}${gap}:${part}`).join(',')}}`,
        ),
    }));
    const respelled = (_: string, value: unknown, { source }: { readonly source?: string }) =>
      typeof value === 'number' && source !== undefined ? JSON.rawJSON(source) : value;
    fc.assert(
      fc.property(text, (text) => {
        const expected = JSON.stringify(JSON.parse(String(text), respelled as never));
        assert.equal(JSON.stringify(parseJson(String(text))), expected);
      }),
      { numRuns: 1000 },
    );
  });

  test('a member named __proto__ is a member', () => {
    assert.equal(JSON.stringify(parseJson('{"__proto__":{"a":1.0}}')), '{"__proto__":{"a":1.0}}');
  });
});

describe('canonicalNumber', () => {
  const cases: [string, string][] = [
    ['1', '1'],
    ['1.0', '1'],
    ['1e0', '1'],
    ['10E-1', '1'],
    ['-0', '0'],
    ['0.0e5', '0'],
    ['1e2', '100'],
    ['0.10', '0.1'],
    ['1e-7', '0.0000001'],
    ['12345678901234567890', '12345678901234567890'],
    ['12345678901234567890.0', '12345678901234567890'],
    ['0.1000000000000000055511151231257827', '0.1000000000000000055511151231257827'],
    ['1e999999999999', '1e999999999999'],
    ['10e999999999998', '1e999999999999'],
  ];
  for (const [text, expected] of cases) {
    test(`${text} is ${expected}`, () => assert.equal(canonicalNumber(parseJson(text) as number), expected));
  }

  test('two spellings agree exactly when the values are equal', () => {
    const exact = (text: string) => {
      const [, sign, whole, fraction = '', power = '0'] =
        /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
      const scaled = BigInt(`${whole}${fraction}`) * 10n ** BigInt(60 + Number(power) - fraction.length);
      return sign ? -scaled : scaled;
    };
    fc.assert(
      fc.property(numberText, numberText, (a, b) => {
        const same = canonicalNumber(parseJson(a) as number) === canonicalNumber(parseJson(b) as number);
        assert.equal(same, exact(a) === exact(b));
      }),
    );
  });
});

test('nesting is bounded', () => {
  const nested = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as Json;
  assert.equal(isShallow(nested(200)), true);
  assert.equal(isShallow(nested(201)), false);
});
