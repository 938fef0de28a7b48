import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { canonical } from '../../src/detect/canonical.ts';
import { differingFields } from '../../src/detect/fields.ts';
import { createLens } from '../../src/detect/lens.ts';
import { parseJson } from '../../src/lib/json.ts';
import type { FieldChange, Json } from '../../src/model.ts';

const PLAIN = createLens({ ignore: [], unordered: [], tolerance: [] });

/** The same value with the members of every object in another order. */
function shuffled(value: Json): Json {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, part]) => [name, shuffled(part as Json)]),
  );
}

describe('the canonical text', () => {
  test('does not depend on the order of members', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        assert.equal(canonical(shuffled(value as Json), PLAIN), canonical(value as Json, PLAIN));
      }),
    );
  });

  test('is equal only for equal values', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), (a, b) => {
        const [one, other] = [a, b].map((value) => JSON.parse(JSON.stringify(value)) as Json);
        let same = true;
        try {
          assert.deepStrictEqual(one, other);
        } catch {
          same = false;
        }
        assert.equal(canonical(one as Json, PLAIN) === canonical(other as Json, PLAIN), same);
      }),
      { numRuns: 2000 },
    );
  });

  const equal: [
    name: string,
    a: string,
    b: string,
    options: Partial<Parameters<typeof createLens>[0]>,
    same: boolean,
  ][] = [
    ['number spelling', '{"a":1.0,"b":1e2}', '{"b":100,"a":1}', {}, true],
    ['twenty digits', '{"a":12345678901234567890}', '{"a":12345678901234567891}', {}, false],
    ['a number is no text', '{"a":1}', '{"a":"1"}', {}, false],
    ['null is not absent', '{"a":null}', '{}', {}, false],
    ['the order of a list', '{"a":[1,2]}', '{"a":[2,1]}', {}, false],
    ['an unordered list', '{"a":[1,2]}', '{"a":[2,1]}', { unordered: ['a'] }, true],
    ['an unordered list counts its elements', '{"a":[1,1,2]}', '{"a":[2,2,1]}', { unordered: ['a'] }, false],
    [
      'unordered lists in a list',
      '{"a":[{"t":[1,2]}]}',
      '{"a":[{"t":[2,1]}]}',
      { unordered: ['a.*.t'] },
      true,
    ],
    [
      'an unordered list of objects',
      '{"a":[{"x":1},{"y":2}]}',
      '{"a":[{"y":2.0},{"x":1}]}',
      { unordered: ['a'] },
      true,
    ],
    ['the record itself as unordered list', '[1,2]', '[2,1]', { unordered: ['a'] }, false],
    ['an ignored member', '{"a":1,"t":1}', '{"a":1,"t":2}', { ignore: ['t'] }, true],
    ['an ignored member that appears', '{"a":1}', '{"a":1,"t":2}', { ignore: ['t'] }, true],
    [
      'ignored in every element',
      '{"l":[{"c":1},{"c":2}]}',
      '{"l":[{"c":3},{"c":4}]}',
      { ignore: ['l.*.c'] },
      true,
    ],
    [
      'ignored in one element',
      '{"l":[{"c":1},{"c":2}]}',
      '{"l":[{"c":3},{"c":4}]}',
      { ignore: ['l.0.c'] },
      false,
    ],
    ['only one member', '{"a":1,"b":1}', '{"a":1,"b":2}', { only: ['a'] }, true],
    ['only one member, which differs', '{"a":1,"b":1}', '{"a":2,"b":1}', { only: ['a'] }, false],
    ['only something deep', '{"a":{"b":1,"c":1}}', '{"a":{"b":1,"c":2}}', { only: ['a.b'] }, true],
    [
      'ignore within only',
      '{"a":{"b":1,"c":1}}',
      '{"a":{"b":1,"c":2}}',
      { only: ['a'], ignore: ['a.c'] },
      true,
    ],
    [
      'unordered within only',
      '{"a":{"b":[1,2]}}',
      '{"a":{"b":[2,1]}}',
      { only: ['a'], unordered: ['a.b'] },
      true,
    ],
    ['around what is only compared', '{"id":1}', '{"a":{"c":1}}', { only: ['a.b'] }, true],
    ['null around what is only compared', '{"a":null}', '{"a":{"c":[]}}', { only: ['a.b', 'a.c.*.d'] }, true],
    ['null that is only compared', '{"a":{}}', '{"a":{"b":null}}', { only: ['a.b'] }, false],
    ['elements around what is only compared', '{"a":[{}]}', '{"a":[{},{}]}', { only: ['a.*.b'] }, true],
    ['a name with a dot', '{"@odata.etag":1}', '{"@odata.etag":2}', { ignore: ['@odata.etag'] }, true],
    ['a name that ends with one', '{"No.":1}', '{"No.":2}', { ignore: ['No.'] }, true],
    ['such a name below another', '{"a":{"b.c":1}}', '{"a":{"b.c":2}}', { ignore: ['*.b.c'] }, true],
    ['such a name as any', '{"a":{"b.c":1}}', '{"a":{"b.c":2}}', { ignore: ['a.*'] }, true],
    ['only such a name', '{"a.b":1,"a":1}', '{"a.b":2,"a":1}', { only: ['a.b'] }, false],
    ['a name is not below what it begins with', '{"a.b":1}', '{"a.b":2}', { ignore: ['a'] }, false],
    ['members named like the prototype', '{"__proto__":{"a":1}}', '{"__proto__":{"a":2}}', {}, false],
    [
      'ignoring a member named __proto__',
      '{"__proto__":{"a":1}}',
      '{"__proto__":{"a":2}}',
      { ignore: ['__proto__.a'] },
      true,
    ],
  ];
  for (const [name, a, b, options, same] of equal) {
    test(`${name}: ${same ? 'the same' : 'different'}`, () => {
      const lens = createLens({ ignore: [], unordered: [], tolerance: [], ...options });
      assert.equal(canonical(parseJson(a), lens) === canonical(parseJson(b), lens), same);
    });
  }
});

describe('differing fields', () => {
  const cases: [
    name: string,
    from: string,
    to: string,
    options: Partial<Parameters<typeof createLens>[0]>,
    expected: FieldChange[],
  ][] = [
    ['a changed member', '{"a":1}', '{"a":2}', {}, [{ path: '/a', from: 1, to: 2 }]],
    ['an added member has no from', '{}', '{"a":null}', {}, [{ path: '/a', to: null }]],
    ['a removed member has no to', '{"a":null}', '{}', {}, [{ path: '/a', from: null }]],
    ['signs in names are escaped', '{"a/b~c":1}', '{"a/b~c":2}', {}, [{ path: '/a~1b~0c', from: 1, to: 2 }]],
    [
      'list elements by place',
      '{"l":[1,2]}',
      '{"l":[1,3,4]}',
      {},
      [
        { path: '/l/1', from: 2, to: 3 },
        { path: '/l/2', to: 4 },
      ],
    ],
    [
      'an unordered list as a whole',
      '{"l":[1,2]}',
      '{"l":[3,1]}',
      { unordered: ['l'] },
      [{ path: '/l', from: [1, 2], to: [3, 1] }],
    ],
    [
      'what is ignored is left out',
      '{"a":1,"t":1}',
      '{"a":2,"t":2}',
      { ignore: ['t'] },
      [{ path: '/a', from: 1, to: 2 }],
    ],
    [
      'only what is compared of what appears',
      '{"a":null}',
      '{"a":{"b":1,"c":1},"d":{"e":[{"f":1,"g":1}]}}',
      { only: ['a.b', 'd.e.*.f'] },
      [
        { path: '/a/b', to: 1 },
        { path: '/d/e/0/f', to: 1 },
      ],
    ],
    [
      'only what is compared of what goes',
      '{"a":{"b":1,"c":1}}',
      '{"a":"none"}',
      { only: ['a.b'] },
      [{ path: '/a/b', from: 1 }],
    ],
    ['another type', '{"a":[1]}', '{"a":{"0":1}}', {}, [{ path: '/a', from: [1], to: { 0: 1 } }]],
    ['the whole value', '1', '"x"', {}, [{ path: '', from: 1, to: 'x' }]],
  ];
  for (const [name, from, to, options, expected] of cases) {
    test(name, () => {
      const lens = createLens({ ignore: [], unordered: [], tolerance: [], ...options });
      assert.deepEqual(differingFields(parseJson(from), parseJson(to), lens), expected);
    });
  }

  test('digits are kept', () => {
    const [field] = differingFields(parseJson('{"a":1}'), parseJson('{"a":12345678901234567890}'), PLAIN);
    assert.equal(JSON.stringify(field), '{"path":"/a","from":1,"to":12345678901234567890}');
  });

  test('a list shifted by one is cut off after the most that an event lists', () => {
    const list = Array.from({ length: 5000 }, (_, at) => at);
    assert.equal(differingFields(list, [-1, ...list], PLAIN).length, 201);
  });
});
