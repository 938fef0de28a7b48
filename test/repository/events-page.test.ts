import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { loaded } from '../config/files.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/events.md'), 'utf8');

describe('docs/events.md', () => {
  test('shows a configuration that is one', () => {
    const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    assert.equal(loaded(yaml).config.sources.get('inventory')?.events.length, 2);
  });

  const recipes = page
    .slice(page.indexOf('## Recipes'), page.indexOf('## Fewer events'))
    .split('\n')
    .slice(4);
  for (const row of recipes.filter((line) => line.startsWith('|'))) {
    const [wanted = '', rule = ''] = row.split(' | ');
    const spans = [...rule.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span);
    test(`has a recipe that works: ${wanted.slice(2)}`, () => {
      const rules = spans[0]?.startsWith('{') ? spans : [`{ ${spans.join(', ')} }`];
      const events = rules.map((rule) => `      - ${rule}\n`).join('');
      const yaml = `sources:\n  s:\n    url: https://x.test/\n    send_to: desk\n    events:\n${events}`;
      const hooks = ['desk', 'pager'].map((name) => `  ${name}: { url: "https://x.test/", sign: none }\n`);
      assert.equal(
        loaded(`${yaml}webhooks:\n${hooks.join('')}`).config.sources.get('s')?.events.length,
        rules.length,
      );
    });
  }
});
