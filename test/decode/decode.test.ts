import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createDecoder, type Decoded } from '../../src/decode/decode.ts';
import { isSame } from '../../src/decode/witness.ts';
import { Received } from '../../src/lib/http/received.ts';

type Options = Parameters<typeof createDecoder>[0];
const LIST: Options = { format: 'auto', items: 'items', key: ['id'] };

async function decode(body: string | Buffer, type: string | null, options: Options = LIST): Promise<Decoded> {
  return createDecoder(options)(Buffer.from(body), type, null);
}

function keysOf(decoded: Decoded): string[] {
  assert.ok(decoded.kind === 'reading', JSON.stringify(decoded));
  assert.ok(decoded.reading.kind === 'all');
  return decoded.reading.records.map((record) => record.key);
}

function refusal(decoded: Decoded): string {
  assert.ok(decoded.kind === 'refused', JSON.stringify(decoded));
  return `${decoded.failure.code}: ${decoded.failure.message}`;
}

describe('where the records are', () => {
  const cases: [name: string, body: string, options: Options, keys: string[]][] = [
    ['a list under a path', '{"items":[{"id":1},{"id":2}]}', LIST, ['1', '2']],
    ['a nested path with an index', '{"a":[{"b":[{"id":1}]}]}', { ...LIST, items: 'a.0.b' }, ['1']],
    ['the document is the list', '[{"id":"x"}]', { format: 'auto', key: ['id'] }, ['x']],
    ['the document is the record', '{"up":true}', { format: 'auto' }, ['']],
    ['the document is a bare value', '17', { format: 'auto' }, ['']],
    ['an expression', '{"a":[{"id":1,"s":"x"},{"id":2,"s":"y"}]}', { ...LIST, items: "a[s='y']" }, ['2']],
    ['an expression that finds one', '{"a":{"id":1}}', { ...LIST, items: '$.a' }, ['1']],
    ['an expression that finds none', '{"a":[]}', { ...LIST, items: "a[s='y']" }, []],
    ['an expression that looks into nothing', '{"a":null}', { ...LIST, items: "$.a[s='y']" }, []],
    ['an expression that makes an empty list', '{}', { ...LIST, items: '$exists(a) ? a.{"id": b} : []' }, []],
    ['an empty list', '{"items":[]}', LIST, []],
    [
      'several key fields',
      '{"items":[{"a":"x|y","b":{"c":7}}]}',
      { ...LIST, key: ['a', 'b.c'] },
      ['x%7Cy|7'],
    ],
    ['one key field is not encoded', '{"items":[{"id":"50%|x"}]}', LIST, ['50%|x']],
    ['a key with 20 digits', '{"items":[{"id":12345678901234567890}]}', LIST, ['12345678901234567890']],
    ['7.0 is the key 7', '{"items":[{"id":7.0},{"id":true}]}', LIST, ['7', 'true']],
    [
      'one beside what it begins with',
      '{"items":[{"a":{"c":1},"a.b":"x"}]}',
      { ...LIST, key: ['a.b'] },
      ['x'],
    ],
    ['an element with attributes', '{"items":[{"id":{"@a":"1","#text":"x"}},{"id":"y"}]}', LIST, ['x', 'y']],
    ['a key field with dots', '{"items":[{"@odata.id":"x"}]}', { ...LIST, key: ['@odata.id'] }, ['x']],
    ['one under another', '{"items":[{"a.b":{"c.":"x"}}]}', { ...LIST, key: ['a.b.c.'] }, ['x']],
    [
      'an expression that looks for 20 digits',
      '{"a":[{"id":1},{"id":12345678901234567890}]}',
      { ...LIST, items: 'a[id = 12345678901234567890]' },
      ['12345678901234567890'],
    ],
    ['a list with dots', '{"a":{"b.c":[{"id":1}]}}', { ...LIST, items: 'a.b.c' }, ['1']],
    [
      'an expression that builds records',
      '{"a":[{"no":12345678901234567890},{"no":12345678901234567891}]}',
      { ...LIST, items: 'a.{ "id": no }' },
      ['12345678901234567890', '12345678901234567891'],
    ],
    ['a key named __proto__', '{"items":[{"id":"__proto__"}]}', LIST, ['__proto__']],
  ];
  for (const [name, body, options, keys] of cases) {
    test(name, async () => assert.deepEqual(keysOf(await decode(body, 'application/json', options)), keys));
  }

  for (const items of ['a[id=1]', 'a[id=1].{ "id": id, "n": n, "p": p }', '$.a.$merge([$, { "id": id }])']) {
    test(`an expression keeps the digits of what it gives: ${items}`, async () => {
      const body = '{"a":[{"id":1,"n":12345678901234567890,"p":1.10}]}';
      const decoded = await decode(body, null, { ...LIST, items });
      assert.ok(decoded.kind === 'reading' && decoded.reading.kind === 'all');
      assert.equal(
        JSON.stringify(decoded.reading.records[0]?.value),
        '{"id":1,"n":12345678901234567890,"p":1.10}',
      );
    });
  }
});

describe('what is JSON', () => {
  const accepted: [name: string, body: string | Buffer, type: string | null][] = [
    ['application/json', '{"items":[]}', 'application/json'],
    ['a vendor type', '{"items":[]}', 'application/vnd.api+json; charset=utf-8'],
    ['text/plain that is JSON', '{"items":[]}', 'text/plain'],
    ['no type', ' \n{"items":[]}', null],
    ['a type that came twice', '{"items":[]}', 'application/json, application/json'],
    ['a byte order mark', '\ufeff{"items":[]}', 'application/json'],
    ['UTF-16 by its mark', Buffer.from('\ufeff{"items":[]}', 'utf16le'), 'application/json'],
    [
      'a declared old charset',
      Buffer.from('{"items":[{"id":"M\u00fcller"}]}', 'latin1'),
      'application/json; charset="ISO-8859-1"',
    ],
  ];
  for (const [name, body, type] of accepted) {
    test(`${name} is accepted`, async () => assert.equal((await decode(body, type)).kind, 'reading'));
  }

  const refused: [name: string, body: string | Buffer, type: string | null, expected: RegExp][] = [
    [
      'an HTML page',
      '<!DOCTYPE html><title>Log  in</title>',
      'text/html',
      /^DECODE_TYPE: .*an HTML page titled "Log in" \(text\/html\)/,
    ],
    ['an HTML page declared as JSON', '<html></html>', 'application/json', /^DECODE_TYPE: .*an HTML page/],
    [
      'a page declared as XML',
      '<!doctype html><title>Error</title>',
      'application/xml',
      /^DECODE_TYPE: expected XML, got an HTML page titled "Error"/,
    ],
    ['JSON declared as HTML', '{"items":[]}', 'text/html', /^DECODE_TYPE: .*format: json/],
    [
      'a message in XML where a table should be',
      '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
      'text/csv',
      /^DECODE_TYPE: expected CSV, got markup \(text\/csv\); if it is XML all the same, write `format: xml`/,
    ],
    ['plain words', 'Service unavailable', 'text/plain', /^DECODE_TYPE/],
    ['nothing', '', 'application/json', /^DECODE_MALFORMED: the answer is empty/],
    ['white space', ' \n', null, /^DECODE_MALFORMED: the answer is empty/],
    ['half a file', '{"items":[{"id":1},{"id"', 'application/json', /^DECODE_MALFORMED: .*ends too early/],
    ['a trailing comma', '{"items":[\n{"id":1},]}', 'application/json', /^DECODE_MALFORMED: .*unexpected/],
    [
      'a number that is none',
      `{"items":[${'{"id":1},\n'.repeat(20)}{"id":NaN},{"id":2},{"id":3}]}`,
      'application/json',
      /: unexpected "N" at line 21, column 7$/,
    ],
    [
      'what stands before it',
      `)]}'\n{"items":[]}${' '.repeat(99)}`,
      'application/json',
      /: unexpected "\)" at line 1, column 1$/,
    ],
    ['text after the end', '{"items":[]}}', 'application/json', /^DECODE_MALFORMED: .*line 1, column 13/],
    [
      'invalid UTF-8',
      Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
      'application/json',
      /^DECODE_CHARSET: .*UTF-8/,
    ],
    ['an unknown charset', '{}', 'application/json; charset=klingon', /^DECODE_CHARSET: .*klingon/],
    [
      'deep nesting',
      `${'['.repeat(5000)}${']'.repeat(5000)}`,
      'application/json',
      /^DECODE_MALFORMED: .*nested/,
    ],
    ['very deep nesting', '['.repeat(2_000_000), 'application/json', /^DECODE_MALFORMED/],
    [
      'no such path',
      '{"other":[]}',
      'application/json',
      /^DECODE_ITEMS: "items" is missing, not a list; the document has "other"/,
    ],
    ['an object where the list should be', '{"items":{}}', 'application/json', /^DECODE_ITEMS: .*an object/],
    [
      'records by their names where the list should be',
      '{"items":{"web":{"up":1},"db":{"up":0}}}',
      'application/json',
      /^DECODE_ITEMS: .* an object, .*; its members are a list with `\$each\(items, function.*`$/,
    ],
    ['null where the list should be', '{"items":null}', 'application/json', /^DECODE_ITEMS: .*null/],
    ['a soft error', '{"error":"down"}', 'application/json', /^DECODE_ITEMS: .*"error"/],
    [
      'a record without key',
      '{"items":[{"id":1},{"no":2}]}',
      'application/json',
      /^DECODE_KEY: record 2 of 2 has no usable id: it is missing; the record has "no"$/,
    ],
    ['an empty key', '{"items":[{"id":""}]}', 'application/json', /^DECODE_KEY: .*: it is an empty text;/],
    ['a null key', '{"items":[{"id":null}]}', 'application/json', /^DECODE_KEY: .*: it is null; /],
    [
      'an object as key',
      '{"items":[{"id":{"$t":"a"}}]}',
      'application/json',
      /^DECODE_KEY: .*: it is an object; "id" has "\$t"$/,
    ],
    ['a record that is no object', '{"items":[1]}', 'application/json', /^DECODE_KEY: .*: it is missing$/],
    ['null for a record', '{"items":[null]}', 'application/json', /^DECODE_KEY: .*: it is missing$/],
    ['a key only by inheritance', '{"items":[{}]}', 'application/json', /^DECODE_KEY/],
    [
      'the same key twice',
      '{"items":[{"id":1},{"id":2},{"id":1.0}]}',
      'application/json',
      /^DECODE_DUPLICATE: records 1 and 3 of 3 .*"1"/,
    ],
  ];
  for (const [name, body, type, expected] of refused) {
    test(`${name} is refused`, async () => assert.match(refusal(await decode(body, type)), expected));
  }

  test('a number without end is refused at once', async () => {
    const body = `{"items":[{"id":1,"v":1${'0'.repeat(400_000)}1.50}]}`;
    assert.match(
      refusal(await decode(body, 'application/json')),
      /^DECODE_MALFORMED: .*a number has 400005 characters/,
    );
  });

  test('a DOCTYPE without end is refused, not thrown: nothing would slow down the next poll', async () => {
    const body = `<!DOCTYPE r ${'x"y"'.repeat(3_000_000)}><r/>`;
    const options: Options = { format: 'xml', items: 'r.i', key: ['id'] };
    assert.match(
      refusal(await decode(body, 'application/xml', options)),
      /^DECODE_LIMIT: .*too much for XML/,
    );
  });

  test('an inherited name is no member', async () => {
    const options: Options = { ...LIST, key: ['constructor'] };
    assert.match(refusal(await decode('{"items":[{}]}', 'application/json', options)), /^DECODE_KEY/);
  });

  for (const items of [
    "a.b[c='x']",
    '$.a.b',
    '$each(a, function($v) { $v.items })',
    '(a.b; $.c)',
    'a.b^(items)',
  ])
    test(`an answer without anything that the expression asks for is refused: ${items}`, async () => {
      assert.match(
        refusal(await decode('{"items":"down","error":1}', null, { ...LIST, items })),
        /^DECODE_ITEMS: the expression in items finds nothing .*; the document has "items", "error"$/,
      );
    });

  test('an expression that fails refuses the answer', async () => {
    const options: Options = { ...LIST, items: '$sum(items.id) & $eval("1")' };
    assert.match(
      refusal(await decode('{"items":[{"id":"x"}]}', null, options)),
      /^DECODE_ITEMS: the expression in items failed/,
    );
  });
});

describe('the document', () => {
  const body = (n: string) =>
    Buffer.from(`{"next":"/p2","cursor":12345678901234567890,"items":[{"id":1,"n":${n}}]}`);
  const text = (decoded: Decoded) => decoded.kind === 'reading' && JSON.stringify(decoded.document());

  test('is there whatever was read of it', async () => {
    const decode = createDecoder(LIST);
    const all = await decode(body('1'), 'application/json', null);
    assert.ok(all.kind === 'reading' && all.reading.kind === 'all');
    const some = await decode(body('2'), 'application/json', all.witness);
    assert.ok(some.kind === 'reading' && some.reading.kind === 'some');
    assert.deepEqual([all, some].map(text), [body('1'), body('2')].map(String));
  });
});

describe('the answer before', () => {
  test('says nothing about one in another charset, and is read anew', async () => {
    const decode = createDecoder(LIST);
    const body = Buffer.from('{"items":[{"id":1,"name":"Cafe"}]}');
    const first = await decode(body, 'application/json', null);
    assert.ok(first.kind === 'reading');
    const other = await decode(body, 'application/json; charset=iso-8859-1', first.witness);
    assert.ok(other.kind === 'reading' && other.reading.kind === 'all');
    assert.ok(!isSame(first.witness, Received.of(body), 'application/json; charset=iso-8859-1'));
    assert.ok(isSame(other.witness, Received.of(body), 'application/json; charset=iso-8859-1'));
  });

  test('does not make another format acceptable', async () => {
    const decode = createDecoder(LIST);
    const body = Buffer.from('{"items":[{"id":1}]}');
    const first = await decode(body, 'application/json', null);
    assert.ok(first.kind === 'reading');
    assert.match(refusal(await decode(body, 'text/html', first.witness)), /^DECODE_TYPE/);
  });
});
