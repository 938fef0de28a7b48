import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDetector } from '../../src/detect/detect.ts';
import { loaded, WEBHOOKS } from '../config/files.ts';

/** The fingerprint of a source with these options. */
function comparison(options: string): string {
  const { config } = loaded(`sources: { s: { url: "https://x.test/", key: id, ${options} } }\n${WEBHOOKS}`);
  const source = config.sources.get('s');
  assert.ok(source);
  return createDetector(source).comparison;
}

test('options that make other records of the same answer make another baseline', () => {
  const html = (field: string) => `html: { rows: tr, fields: { id: td, state: "${field}" } }`;
  const different = [
    '',
    'charset: cp850',
    'format: csv',
    'csv: { delimiter: ";" }',
    'format: xml, items: a.b',
    'format: xml, items: a.b, xml: { strip_namespaces: true }',
    html('td:nth-child(2)'),
    html('td:nth-child(3)'),
    'text: { pattern: "(?<id>a)" }',
    'text: { pattern: "(?<id>b)" }',
  ].map(comparison);
  assert.equal(new Set(different).size, different.length);
});

test('options that read the same answer the same way do not', () => {
  assert.equal(comparison('format: json'), comparison('format: auto'));
});
