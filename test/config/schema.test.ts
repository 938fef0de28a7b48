import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { configSchema } from '../../src/config/json-schema.ts';
import { nearest } from '../../src/config/suggest.ts';

const schema = z.fromJSONSchema(configSchema() as z.core.JSONSchema.JSONSchema);

const RIGHT = `
state: \${STATE:-./data}
server: { listen: "\${LISTEN}" }
log: { level: "\${LEVEL:-info}" }
retention: { delivered: 7d, max_events: "\${MOST}" }
auth:
  crm: { type: basic, username: "\${USER}", password: "\${file:/run/secrets/crm}" }
defaults: { source: { every: 30s, url: "https://x.test/" } }
sources:
  tickets:
    timeout: \${TIMEOUT}
    max_body: \${MOST}
    redirects: \${COUNT}
    enabled: \${ENABLED}
    initial: \${INITIAL}
    conditional: { refresh: "\${REFRESH}" }
    deletes: \${DELETES}
    key: [a, b.c]
    items: data.tickets
    headers: { x-key: "\${KEY}" }
    query: { a: 1, b: true, c: d }
    body: { a: [1, { b: c }] }
    format: "\${FORMAT:-csv}"
    charset: "\${CHARSET}"
    csv: { delimiter: ";", header: [a, b], quote: false, comment: "#", skip: "\${LINES}" }
    xml: { strip_namespaces: "\${STRIP}", arrays: [a.b] }
    html: { rows: tr, fields: { a: "td", b: "\${FIELD}" } }
    text: { pattern: "(?<id>.)" }
webhooks:
  agent: { url: "https://x.test/", secret: ["\${NEW}", "\${OLD}"], retry: { schedule: [5s, "\${LAST}"] } }
`;

test('the schema accepts a file that is right, variables in any place', () => {
  const result = schema.safeParse(parse(RIGHT));
  assert.ok(result.success, JSON.stringify(result.error?.issues));
});

const WRONG = [
  'sources: { s: { evry: 5s } }',
  'sources: { s: { timeout: 30 } }',
  'sources: { s: { timeout: soon } }',
  'sources: { s: { initial: never } }',
  'sources: { s: { redirects: 100 } }',
  'sources: { "a b": {} }',
  'sources: { s: { auth: { type: basic, token: a } } }',
  'surces: {}',
];

for (const yaml of WRONG) {
  test(`the schema refuses ${yaml}`, () => {
    const right = { sources: {}, webhooks: {} };
    assert.ok(schema.safeParse(right).success);
    assert.ok(!schema.safeParse({ ...right, ...parse(yaml) }).success);
  });
}

test('every option has a description', () => {
  const lacking: string[] = [];
  const visit = (node: unknown, path: string) => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if (key === 'properties') {
        for (const [name, option] of Object.entries(value as { [name: string]: { description?: string } })) {
          if (!option.description) lacking.push(`${path}.${name}`);
        }
      }
      visit(value, `${path}.${key}`);
    }
  };
  visit(configSchema(), '');
  assert.deepEqual(lacking, []);
});

test('the schema has no keywords of our own', () => {
  const text = JSON.stringify(configSchema());
  for (const keyword of ['"noun"', '"unit"', '"secret":true', '"id"'])
    assert.ok(!text.includes(keyword), keyword);
  assert.ok(text.includes('"writeOnly":true'));
});

test('the generated files are current', () => {
  const script = fileURLToPath(new URL('../../tools/generate.ts', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
});

const SPELLINGS: readonly [word: string, expected: string | undefined][] = [
  ['evry', 'every'],
  ['evrey', 'every'],
  ['EVERY', 'every'],
  ['maxBody', 'max_body'],
  ['max-body', 'max_body'],
  ['maxbdy', 'max_body'],
  ['csv', undefined],
  ['zebra', undefined],
  ['x', undefined],
  ['', undefined],
  ['a'.repeat(100_000), undefined],
];

for (const [word, expected] of SPELLINGS) {
  test(`the nearest to ${word.slice(0, 20)}`, () => {
    assert.equal(nearest(word, ['every', 'cron', 'max_body', 'url']), expected);
  });
}
