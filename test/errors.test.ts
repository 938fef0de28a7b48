import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { CODES, messageOf, PollhookError } from '../src/errors.ts';

const ROOT = join(import.meta.dirname, '..');

describe('the table of errors', () => {
  test('has no code that nothing uses', () => {
    const sources = globSync('src/**/*.ts', { cwd: ROOT, exclude: ['src/errors.ts'] });
    const text = sources.map((file) => readFileSync(join(ROOT, file), 'utf8')).join('\n');
    assert.deepEqual(
      Object.keys(CODES).filter((code) => !text.includes(`'${code}'`)),
      [],
    );
  });

  test('is the page of errors, both ways', () => {
    const page = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');
    const documented = [...page.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code);
    assert.deepEqual(documented.sort(), Object.keys(CODES).sort());
  });

  test('gives each error its exit code', () => {
    const exits = (
      ['CONFIG_INVALID', 'USAGE', 'STATE_LOCKED', 'STATE_DAMAGED', 'LISTEN_FAILED'] as const
    ).map((code) => new PollhookError(code, '').exitCode);
    assert.deepEqual(exits, [2, 2, 3, 1, 1]);
  });
});

test('a message has the messages of its causes, each once', () => {
  const refused = new Error('connect ECONNREFUSED');
  assert.equal(
    messageOf(new Error('fetch failed', { cause: refused })),
    'fetch failed: connect ECONNREFUSED',
  );
  assert.equal(
    messageOf(new AggregateError([refused, refused], 'all failed')),
    'all failed: connect ECONNREFUSED',
  );
  assert.equal(messageOf('text'), 'text');
});
