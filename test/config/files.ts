import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type Loaded, loadConfig } from '../../src/config/load.ts';

/** Sections that are right, to put beside the one that a test is about. */
export const WEBHOOKS = 'webhooks: { w: { url: "https://x.test/", sign: none } }\n';
export const SOURCES = 'sources: { s: { url: "https://x.test/" } }\n';
export const URL_LINE = 'url: https://x.test/';

/** A file with one source whose lines begin in column 5, from line 3 on. */
export function source(...lines: string[]): string {
  return `sources:\n  s:\n${indented(lines)}${WEBHOOKS}`;
}

/** A file with one webhook whose lines begin in column 5, from line 3 on. */
export function webhook(...lines: string[]): string {
  return `webhooks:\n  w:\n${indented(lines)}${SOURCES}`;
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `    ${line}\n`).join('');
}

/** A folder of its own for a test file. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'pollhook-config-'));
  after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const files = folder();
let count = 0;

export function load(yaml: string | Uint8Array, env: { [name: string]: string } = {}): Loaded {
  count += 1;
  const file = join(files, `${count}.yaml`);
  writeFileSync(file, yaml);
  return loadConfig(file, env);
}

/** The configuration of a file that must be right. */
export function loaded(yaml: string, env: { [name: string]: string } = {}) {
  const result = load(yaml, env);
  assert.equal(result.kind, 'ok', JSON.stringify(result, null, 1));
  assert.ok(result.kind === 'ok');
  return result;
}

/** `line:column path: message → hint` of each problem. */
export function problems(yaml: string | Uint8Array, env: { [name: string]: string } = {}): string[] {
  const result = load(yaml, env);
  if (result.kind === 'ok') return [];
  return result.problems.map(
    ({ line, column, path, message, hint }) => `${line}:${column} ${path}: ${message} → ${hint}`,
  );
}

/** A name, a file, and how each of its problems begins, in their order. */
export type Mistake = readonly [name: string, yaml: string, ...expected: string[]];

export function mistakes(table: readonly Mistake[]): void {
  for (const [name, yaml, ...expected] of table) {
    test(name, () => {
      const actual = problems(yaml);
      assert.equal(actual.length, expected.length, actual.join('\n'));
      const beginnings = actual.map((line, index) => line.slice(0, expected[index]?.length));
      assert.deepEqual(beginnings, expected);
    });
  }
}
