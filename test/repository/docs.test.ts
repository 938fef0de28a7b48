import assert from 'node:assert/strict';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parseAllDocuments, stringify } from 'yaml';
import { createProcessIo } from '../../src/cli/io.ts';
import { main } from '../../src/cli/main.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Problem } from '../../src/config/problem.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGES = ['README.md', 'CONTRIBUTING.md', ...globSync(['docs/*.md', 'examples/*.md'], { cwd: ROOT })];
const read = (page: string) => readFileSync(join(ROOT, page), 'utf8');

function blocks(page: string, language: string): string[] {
  return [...read(page).matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)]
    .filter(([, of]) => of === language)
    .map(([, , text = '']) => text);
}

/** Checks a configuration, whatever variables it asks for. */
function mistakes(yaml: string): unknown {
  const folder = mkdtempSync(join(tmpdir(), 'pollhook-docs-'));
  try {
    const file = join(folder, 'config.yaml');
    writeFileSync(file, yaml);
    const names = [...yaml.matchAll(/\$\{([A-Z_]+)\}/g)].map(([, name = '']) => name);
    const loaded = loadConfig(file, Object.fromEntries(names.map((name) => [name, 'x'.repeat(32)])));
    return loaded.kind === 'ok' ? loaded.warnings : loaded.problems;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What makes a fragment no YAML. It may show several ways to write one key. */
function brokenYaml(fragment: string): string[] {
  const codes = parseAllDocuments(fragment).flatMap(({ errors }) => errors.map(({ code }) => code));
  return codes.filter((code) => code !== 'DUPLICATE_KEY');
}

const PLACES = {
  document: (part: object) => ({ ...BASE, ...part }),
  source: (part: object) => ({ ...BASE, sources: { s: { ...BASE.sources.s, ...part } } }),
  webhook: (part: object) => ({ ...BASE, webhooks: { w: { ...BASE.webhooks.w, ...part } } }),
};
const BASE = {
  sources: { s: { url: 'https://x.test/', send_to: 'w' } },
  webhooks: { w: { url: 'https://y.test/', sign: 'none' } },
};

/** The option of a fragment that exists neither at the top nor in a source nor in a webhook; undefined if all do. */
function unknownOption(part: string): string | undefined {
  const value: unknown = parseAllDocuments(part, { uniqueKeys: false })[0]?.toJS();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const unknown = Object.values(PLACES).map((place) => {
    const problems = mistakes(stringify(place(value))) as readonly Problem[];
    // What the context of a fragment would give is missing here, and `…` stands for more.
    return problems.find(({ path, message }) => message.startsWith('unknown key') && !path.endsWith('…'));
  });
  return unknown.every((problem) => problem !== undefined) ? unknown[0]?.path : undefined;
}

async function help(command: readonly string[]): Promise<string | null> {
  let text = '';
  const out = (part: string) => {
    text += part;
  };
  const code = await main([...command, '--help'], { ...createProcessIo(), out, err: out });
  return code === 0 ? text : null;
}

/** The anchor that GitHub makes of a heading. */
const anchor = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

describe('every page', () => {
  for (const page of PAGES) {
    test(`${page}: configurations are accepted without a warning, other YAML is YAML`, () => {
      for (const yaml of blocks(page, 'yaml')) {
        if (/^sources:/m.test(yaml) && /^webhooks:/m.test(yaml)) assert.deepEqual(mistakes(yaml), [], yaml);
        else {
          assert.deepEqual(brokenYaml(yaml), [], yaml);
          for (const part of yaml.split(/\n(?=\S)/)) assert.equal(unknownOption(part), undefined, part);
        }
      }
    });

    test(`${page}: links lead to headings that are there`, () => {
      const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]*)#([^)]+)\)/g)];
      const broken = links.filter(([, path = '', target = '']) => {
        const text = read(path === '' ? page : join(page, '..', path));
        return ![...text.matchAll(/^#+ (.*)$/gm)].some(([, heading = '']) => anchor(heading) === target);
      });
      assert.deepEqual(
        broken.map(([link]) => link),
        [],
      );
    });

    test(`${page}: commands and their options exist`, async () => {
      for (const line of blocks(page, 'sh')
        .join('')
        .matchAll(/^pollhook (.+)$/gm)) {
        const words = (line[1] ?? '').split(/\s+/);
        const command = words[0] === 'state' ? words.slice(0, 2) : words.slice(0, 1);
        const text = await help(command);
        assert.ok(text, `no command: ${line[0]}`);
        for (const option of words.filter((word) => word.startsWith('--')))
          assert.ok(text.includes(option), `no option ${option}: ${line[0]}`);
      }
      for (const [, command = ''] of read(page).matchAll(/`(?:npx )?pollhook ([a-z]+)\b/g))
        assert.ok(await help([command]), `no command: pollhook ${command}`);
    });
  }
});

test('an option of a fragment that does not exist would be noticed', () => {
  assert.equal(unknownOption('paginate: { type: link }'), undefined);
  for (const part of ['pagination: {}', 'retry: { schedul: [1s] }', 'budgets: { b: { rat: 1/1s } }'])
    assert.ok(unknownOption(part), part);
});

test('the index of the documentation names every page', () => {
  const index = read('docs/README.md');
  const pages = globSync('*.md', { cwd: join(ROOT, 'docs') }).filter((page) => page !== 'README.md');
  assert.deepEqual(
    pages.filter((page) => !index.includes(`](${page})`)),
    [],
  );
});
