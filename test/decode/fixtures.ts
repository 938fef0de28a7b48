import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument, type YAMLMap } from 'yaml';
import { loaded } from '../config/files.ts';

export const ROOT = join(import.meta.dirname, '../fixtures/decode');

/**
 * A folder is a case. `input.*` is the body; `options.yaml` has the options of a source, and `content_type`, the
 * answer's header.
 */
export function fixture(name: string) {
  const folder = join(ROOT, name);
  const input = readdirSync(folder).find((file) => file.startsWith('input.'));
  assert.ok(input, `${name} has no input`);
  const options = parseDocument<YAMLMap, true>(readFileSync(join(folder, 'options.yaml'), 'utf8'));
  const contentType = options.get('content_type');
  options.delete('content_type');
  options.set('url', 'https://legacy.example.com/');
  const { config } = loaded(
    JSON.stringify({
      sources: { s: options.toJS() },
      webhooks: { w: { url: 'https://x.test/', sign: 'none' } },
    }),
  );
  const source = config.sources.get('s');
  assert.ok(source);
  return {
    source,
    body: readFileSync(join(folder, input)),
    contentType: typeof contentType === 'string' ? contentType : null,
  };
}
