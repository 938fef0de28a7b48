import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse as parseCsv } from 'csv-parse/sync';
import fc from 'fast-check';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { createDecoder } from '../../src/decode/decode.ts';
import type { Json } from '../../src/model.ts';

/** The document that a body is read as; null if it is refused. */
async function read(format: 'csv' | 'xml', body: string): Promise<Json> {
  const items = format === 'csv' ? '[]' : undefined;
  const decoded = await createDecoder({ format, items, key: items && ['id'] })(Buffer.from(body), null, null);
  return decoded.kind === 'reading' ? decoded.document() : null;
}

/** Texts with the signs that matter to a format. */
const textOf = (signs: string) =>
  fc.string({ unit: fc.constantFrom(...signs, 'a', 'B', '0', 'é', '€'), maxLength: 8 });

describe('CSV', () => {
  const cell = textOf(' ,;"\n\r\t');
  const table = fc
    .integer({ min: 2, max: 4 })
    .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { maxLength: 5 }));
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

  test('that was written by the rules is read as it was meant, and as another reader does', async () => {
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.constantFrom(',', ';', '\t'),
        fc.constantFrom('\n', '\r\n'),
        async (rows, delimiter, end) => {
          const names = (rows[0] ?? ['', '']).map((_, index) => `c${index}`);
          const kept = rows.filter((row) => row.some((value) => value.trim() !== ''));
          const text = [names, ...rows].map((row) => row.map(quoted).join(delimiter) + end).join('');
          const expected = kept.map((row) =>
            Object.fromEntries(row.map((value, index) => [`c${index}`, value])),
          );
          assert.deepEqual(await read('csv', text), expected);
          const other = parseCsv(text, { delimiter, columns: true, record_delimiter: end }) as unknown[];
          assert.deepEqual(
            JSON.parse(JSON.stringify(other)).filter((row: object) =>
              Object.values(row).some((value) => value.trim() !== ''),
            ),
            expected,
          );
        },
      ),
    );
  });

  test('of any kind is refused, or read as another reader does', async () => {
    let agreed = 0;
    await fc.assert(
      fc.asyncProperty(textOf(' ,"\n'), async (rest) => {
        const text = `id,b\n${rest}`;
        const document = await read('csv', text);
        const other = strictly(text);
        if (document === null || other === null) return;
        agreed += 1;
        assert.deepEqual(document, other);
      }),
      { numRuns: 500 },
    );
    assert.ok(agreed > 20, `${agreed}`);
  });

  /** Null if the other reader sees a mistake, or what it reads differently on purpose: spaces around quotes. */
  function strictly(text: string): Json {
    try {
      const options = {
        columns: true,
        skip_empty_lines: true,
        skip_records_with_empty_values: true,
      } as const;
      return JSON.parse(JSON.stringify(parseCsv(text, options)));
    } catch {
      return null;
    }
  }
});

describe('XML', () => {
  const name = fc.constantFrom('a', 'b', 'row', 'x-1', 'ns:c', '_d.e', 'é');
  const text = textOf('<>&"\' ');
  const written = (value: string) => value.replace(/[<>&"']/g, (sign) => `&#${sign.codePointAt(0)};`);
  const { element } = fc.letrec<{ element: string }>((tie) => ({
    element: fc
      .tuple(
        name,
        fc.uniqueArray(name, { maxLength: 2 }),
        text,
        text,
        fc.oneof(
          { maxDepth: 3 },
          fc.constant(''),
          fc.array(tie('element'), { maxLength: 3 }).map((all) => all.join('\n <!-- c --> ')),
        ),
        fc.boolean(),
      )
      .map(([tag, attributes, value, content, children, cdata]) => {
        const inside = cdata && !content.includes(']]>') ? `<![CDATA[${content}]]>` : written(content);
        const list = attributes.map((attribute) => ` ${attribute}="${written(value)}"`).join('');
        return inside === '' && children === ''
          ? `<${tag}${list}/>`
          : `<${tag}${list}>${inside}${children}</${tag}>`;
      }),
  }));
  const other = new XMLParser({
    ...{ ignoreAttributes: false, attributeNamePrefix: '@', textNodeName: '#text', ignoreDeclaration: true },
    ...{ parseTagValue: false, parseAttributeValue: false, trimValues: false, htmlEntities: true },
  });

  test('that is well-formed is read as another reader does', async () => {
    await fc.assert(
      fc.asyncProperty(element, async (root) => {
        const document = await read('xml', `<?xml version="1.0"?>\n<!-- c -->${root}\n`);
        assert.notEqual(document, null, root);
        assert.deepEqual(JSON.parse(JSON.stringify(document)), trimmed(other.parse(root)));
      }),
      { numRuns: 300 },
    );
  });

  /** Why the reader is our own (CONTRIBUTING.md): when one of these fails on the other side, think again. */
  const unlike: [name: string, body: string, expected: Json][] = [
    ['two documents', '<r/><r/>', null],
    ['text after the end', '<r/>tail', null],
    ['a reference to nothing', '<r>&nosuch;</r>', null],
    ['a bare ampersand in an attribute', '<r a="a & b"/>', null],
    ['a tag in an attribute', '<r a="<b"/>', null],
    ['a reference to no character', '<r>&#0;</r>', null],
    ['a NUL', '<r>a\0b</r>', null],
    ['the end of CDATA alone', '<r>a]]>b</r>', null],
    ['a declaration inside', '<r><!DOCTYPE x></r>', null],
    ['a parameter entity', '<!DOCTYPE r [%p;]><r/>', null],
    ['an element named constructor', '<r><constructor>F</constructor></r>', { r: { constructor: 'F' } }],
    ['an element named hasOwnProperty', '<r><hasOwnProperty/></r>', { r: { hasOwnProperty: '' } }],
    ['a line break in an attribute', '<r a="b\nc"/>', { r: { '@a': 'b c' } }],
  ];
  for (const [name, body, expected] of unlike) {
    test(`with ${name} is read as XML 1.0 says, unlike by another reader`, async () => {
      assert.deepEqual(await read('xml', body), expected);
      assert.notDeepEqual(readByOther(body), expected);
    });
  }

  function readByOther(body: string): Json {
    try {
      return JSON.parse(JSON.stringify(other.parse(body, true)));
    } catch {
      return null;
    }
  }

  test('that another reader refuses is refused', async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(
        element,
        fc.nat(),
        fc.constantFrom('', '<', '>', '/', '"', '&', '='),
        async (root, place, sign) => {
          const at = place % root.length;
          const damaged = root.slice(0, at) + sign + root.slice(at + 1);
          if (XMLValidator.validate(damaged) === true) return;
          refused += 1;
          assert.equal(await read('xml', damaged), null, damaged);
        },
      ),
      { numRuns: 300 },
    );
    assert.ok(refused > 50, `${refused}`);
  });
});

/** White space around text is layout to us; the other reader keeps it. */
function trimmed(value: unknown): unknown {
  if (typeof value === 'string') return value.trim();
  if (Array.isArray(value)) return value.map(trimmed);
  const entries = Object.entries(value as object).map(([name, part]) => [
    name,
    name.startsWith('@') ? part : trimmed(part),
  ]);
  const kept = entries.filter(([name, part]) => name !== '#text' || part !== '');
  return kept.length === 0 ? '' : Object.fromEntries(kept);
}
