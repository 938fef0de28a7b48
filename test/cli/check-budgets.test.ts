import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { check } from '../../src/cli/check.ts';
import { folder } from '../config/files.ts';

const file = join(folder(), 'config.yaml');

function run(budgets: string, sources: readonly string[], json = false) {
  const lines = sources.map(
    (options, index) => `  s${index}: { url: "https://a.example.com/${index}", budget: b, ${options} }`,
  );
  writeFileSync(
    file,
    `budgets:\n  b: ${budgets}\nsources:\n${lines.join('\n')}\nwebhooks:\n  w: { url: "https://b.example.com", sign: none }\n`,
  );
  const text = { out: '', err: '' };
  const io = {
    env: {},
    out: (more: string) => {
      text.out += more;
    },
    err: (more: string) => {
      text.err += more;
    },
  };
  return { code: check({ file, json }, io), ...text, first: text.out.split('\n')[0] };
}

test('what sources need of their budget, and how long changes wait', () => {
  const { code, out, err } = run('{ rate: 60/1m, reserve: 10% }', [
    'every: 10s',
    'every: 30s, items: x, key: id, paginate: { type: page, pages: 4 }',
    'every: { min: 10s, max: 10m }',
    'cron: "0 3 * * *"',
    'every: 1s, enabled: false',
  ]);
  assert.equal(code, 0);
  assert.equal(err, '');
  const [head, ...rows] = out.trim().split('\n').slice(1);
  assert.equal(head, 'budget b: 27% of 54 requests in 1m needed by 4 sources');
  assert.deepEqual(
    rows.map((row) => row.trim().replace(/ {2,}/g, ' | ')),
    [
      's0 | every 10s | a change waits 5s on average, 10s at most',
      's1 | every 30s | 4 pages | a change waits 15s on average, 30s at most',
      's2 | every 10s to 10m | a change waits 5s on average, 10m at most',
      's3 | cron 0 3 * * * | a change waits 12h on average, 1d at most',
    ],
  );
  assert.equal(new Set(rows.map((row) => row.indexOf('a change'))).size, 1, 'columns stand below each other');
});

test('what cannot fit is said with figures and what would fit, and is no mistake', () => {
  const { code, out, err } = run('{ rate: [10/1m, 1000/1d] }', ['every: 60s', 'every: 5s']);
  assert.equal(code, 0);
  assert.equal(
    err,
    `${file}:2:14  budgets.b.rate: warning: 2 sources need 18720, and 1000 requests in 1d are allowed\n` +
      '    write intervals 18.72 times as long (s1 every 1m34s), or a rate of 18720/1d if the server allows it\n',
  );
  assert.match(out, /budget b: 1872% of 1000 requests in 1d needed by 2 sources/);
  assert.match(out, /s1 {2}every 5s {2}a change waits 47s on average, 1m34s at most/);
});

test('what is proposed does fit', () => {
  const proposed = run('{ rate: 18720/1d }', ['every: 60s', 'every: 5s']);
  assert.equal(proposed.err, '');
  const longer = run('{ rate: 60/1m, reserve: 50% }', ['every: 1s']);
  assert.match(
    longer.err,
    /1 source need.* 60, and 30 requests in 1m are allowed\n.*2 times as long \(s0 every 2s\).*rate of 120\/1m/,
  );
  assert.equal(run('{ rate: 60/1m, reserve: 50% }', ['every: 2s']).err, '');
  assert.equal(run('{ rate: 120/1m, reserve: 50% }', ['every: 1s']).err, '');
});

test('learned intervals need what they need at their longest', () => {
  assert.equal(run('{ rate: 60/1h }', ['every: { min: 1s, max: 1m }']).err, '');
  assert.match(
    run('{ rate: 59/1h }', ['every: { min: 1s, max: 1m }']).err,
    /1 source needs 60, and 59 requests in 1h/,
  );
});

test('as data', () => {
  const { out } = run('{ rate: 60/1h }', ['every: { min: 10s, max: 10m }', 'cron: "0 0 29 2 *"'], true);
  const { budgets } = JSON.parse(out);
  const [{ sources, ...plan }] = budgets;
  assert.deepEqual(plan, { name: 'b', requests: 60, window_ms: 3_600_000, needed: 6, fits: true });
  assert.equal(sources[0].worst_wait_ms, 600_000);
  assert.equal(sources[0].expected_wait_ms, sources[0].interval_ms / 2);
});

test('budgets without a rate, and without sources, have no plan', () => {
  assert.doesNotMatch(run('{ concurrency: 2 }', ['every: 10s']).out, /budget/);
});
