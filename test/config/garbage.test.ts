import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { document } from '../../src/config/document.ts';
import { printConfig } from '../../src/config/print.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { cpuTime } from '../cpu-time.ts';
import { load, source, URL_LINE, WEBHOOKS } from './files.ts';

/** Whatever it is, it is answered: printable when right, with places and hints when wrong. */
function survives(yaml: string | Uint8Array): void {
  const result = load(yaml, { A: 'b' });
  if (result.kind === 'ok') {
    printConfig(result.resolved);
    return;
  }
  assert.ok(result.problems.length > 0);
  for (const problem of result.problems) {
    assert.ok(problem.message && problem.hint, JSON.stringify(problem));
    assert.match(formatProblem(problem), /^\S+(?::\d+:\d+)? {2}.+\n {4}.+\n$/s);
  }
}

test('any text', () => {
  const signs = fc.constantFrom(
    ...'[]{}:,-?&*!|>\'"%@#~\\ \n\t$ab1',
    '\n  ',
    '${A}',
    '<<',
    '---\n',
    '__proto__',
    'sources',
  );
  fc.assert(fc.property(fc.string({ unit: fc.oneof(signs, fc.string({ maxLength: 3 })) }), survives), {
    numRuns: 500,
  });
});

test('any bytes', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), survives), { numRuns: 200 });
});

test('any data', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => survives(stringify(value))),
    { numRuns: 200 },
  );
});

test('any data under the keys that exist', () => {
  const key = fc.constantFrom(
    ...Object.keys(document.shape),
    ...Object.keys(document.shape.sources.valueType.shape),
    ...Object.keys(document.shape.webhooks.valueType.shape),
    'a',
    'source',
    'type',
    'guard',
  );
  const leaf = fc.oneof(
    fc.string(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.constantFrom('5s', '${A}', 'a', 'https://x.test'),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 6 }),
    ),
  }));
  const file = fc.record(
    { sources: tree, webhooks: tree, defaults: tree, auth: tree, log: tree },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(file, (value) => survives(stringify(value))),
    { numRuns: 300 },
  );
});

const LAUGHS = Array.from({ length: 30 }, (_, level) => {
  const inner = level === 0 ? '"ha"' : Array.from({ length: 10 }, () => `*l${level - 1}`).join(', ');
  return `l${level}: &l${level} [${inner}]\n`;
}).join('');

const MERGES = `a0: &a0 { ${Array.from({ length: 1000 }, (_, index) => `k${index}: 1`).join(', ')} }\n${Array.from({ length: 5000 }, (_, index) => `b${index}: { <<: *a0 }\n`).join('')}`;

const INHERITED = `defaults: { source: { query: { ${Array.from({ length: 2000 }, (_, index) => `k${index}: 1`).join(', ')} } } }\nsources:\n${Array.from({ length: 2000 }, (_, index) => `  s${index}: { url: "https://x.test/" }\n`).join('')}${WEBHOOKS}`;

const LARGE: readonly [name: string, yaml: string][] = [
  ['a billion laughs', LAUGHS],
  ['a large map merged thousands of times', MERGES],
  ['large defaults under thousands of sources', INHERITED],
  ['brackets without end', '['.repeat(50_000)],
  ['braces without end', '{'.repeat(50_000)],
  ['lists in lists', `a: ${'['.repeat(150)}${']'.repeat(150)}`],
  ['lists in lists in a body', source(URL_LINE, `body: { a: ${'['.repeat(150)}${']'.repeat(150)} }`)],
  ['blocks in blocks', Array.from({ length: 300 }, (_, level) => `${' '.repeat(level)}a:\n`).join('')],
  ['dashes without end', '- '.repeat(50_000)],
  ['a huge text', source(URL_LINE, `every: ${'x'.repeat(1_000_000)}`)],
  ['a huge key', source(URL_LINE, `${'x'.repeat(900)}: 1`)],
  ['a hundred thousand keys', Array.from({ length: 100_000 }, (_, index) => `k${index}: v\n`).join('')],
  ['a deep expression', source(URL_LINE, 'key: id', `items: "${'('.repeat(20_000)}"`)],
  ['many variables', source(URL_LINE, `body: "${'${A}'.repeat(50_000)}"`)],
  ['many open variables', source(URL_LINE, `body: "${'${'.repeat(50_000)}"`)],
  ['a long duration', source(URL_LINE, `every: ${'1s'.repeat(100_000)}x`)],
  ['too many bytes', 'a'.repeat(5_000_001)],
];

for (const [name, yaml] of LARGE) {
  test(`refused: ${name}`, () => {
    // Far above what it takes, far below what an attack on the parser would.
    assert.ok(cpuTime(() => survives(yaml)) < 20_000);
  });
}

test('bytes that are no text', () => {
  const result = load(new Uint8Array([0x61, 0x3a, 0x20, 0xff, 0xfe]));
  assert.ok(result.kind === 'invalid' && /UTF-8/.test(result.problems[0]?.message ?? ''));
});

test('a byte order mark is dropped', () => {
  assert.equal(load(`\uFEFF${source(URL_LINE)}`).kind, 'ok');
});

test('at most a thousand mistakes are listed', () => {
  const result = load(Array.from({ length: 3000 }, (_, index) => `k${index}: v\n`).join(''));
  assert.ok(result.kind === 'invalid' && result.problems.length === 1000);
});
