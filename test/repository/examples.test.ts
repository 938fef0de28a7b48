import assert from 'node:assert/strict';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';

const ROOT = join(import.meta.dirname, '../..');
const EXAMPLES = ['config.example.yaml', ...globSync('examples/{*/config,recipes/*}.yaml', { cwd: ROOT })];

describe('every example', () => {
  for (const file of EXAMPLES) {
    test(`${file} is accepted without a warning`, () => {
      const text = readFileSync(join(ROOT, file), 'utf8');
      const names = [...text.matchAll(/\$\{([A-Z_]+)\}/g)].map(([, name = '']) => name);
      const standIn = (name: string) =>
        name.endsWith('_URL') ? 'https://hooks.example.com/' : `whsec_${'A'.repeat(32)}`;
      const env = Object.fromEntries(names.map((name) => [name, standIn(name)]));
      const loaded = loadConfig(join(ROOT, file), env);
      assert.deepEqual(loaded.kind === 'ok' ? loaded.warnings : loaded.problems, []);
    });
  }
});

describe('the README', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');

  test('shows a configuration that is accepted', (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'pollhook-readme-'));
    context.after(() => rmSync(folder, { recursive: true }));
    const yaml = /```yaml\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
    assert.match(yaml, /sources:[\s\S]*webhooks:/);
    writeFileSync(join(folder, 'config.yaml'), yaml);
    const loaded = loadConfig(join(folder, 'config.yaml'), {
      AGENT_WEBHOOK_SECRET: `whsec_${'A'.repeat(32)}`,
    });
    assert.deepEqual(loaded.kind === 'ok' ? loaded.warnings : loaded.problems, []);
  });

  test('links only to what is there', () => {
    const targets = [
      'README.md',
      'CONTRIBUTING.md',
      'CHANGELOG.md',
      ...globSync('docs/**/*.md', { cwd: ROOT }),
    ].flatMap((page) => {
      const text = readFileSync(join(ROOT, page), 'utf8');
      return [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path = '']) => join(page, '..', path));
    });
    assert.ok(targets.length > 5);
    const missing = targets.filter((path) => globSync(path, { cwd: ROOT }).length === 0);
    assert.deepEqual(missing, []);
  });

  test('names only commands that npm knows', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const pages = readme + readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8');
    const named = [...pages.matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name);
    assert.deepEqual(
      named.filter((name) => !(name in scripts)),
      [],
    );
  });
});
