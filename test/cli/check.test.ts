import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { check } from '../../src/cli/check.ts';
import { folder, SOURCES, source, URL_LINE, WEBHOOKS, webhook } from '../config/files.ts';
import { capture } from './capture.ts';

const file = join(folder(), 'config.yaml');

function run(yaml: string, options: { print?: boolean; json?: boolean } = {}) {
  writeFileSync(file, yaml);
  const { io, said } = capture();
  const code = check({ file, ...options }, io);
  return { code, ...said };
}

test('a file that is right', () => {
  assert.deepEqual(run(`${SOURCES}${WEBHOOKS}`), {
    code: 0,
    out: `${file}: ok (1 source, 1 webhook)\n`,
    err: '',
  });
});

test('a file with mistakes: two lines for each, nothing on standard output', () => {
  const { code, out, err } = run(source(URL_LINE, 'evry: 30s', 'timeout: 30'));
  assert.equal(code, 2);
  assert.equal(out, '');
  assert.equal(
    err,
    `${file}:4:5  sources.s.evry: unknown key\n    did you mean \`every\`?\n` +
      `${file}:5:14  sources.s.timeout: expected a duration, found a number\n    write 30s\n`,
  );
});

test('warnings go to standard error, and the file is right', () => {
  const { code, out, err } = run(webhook(URL_LINE, 'secret: short'));
  assert.equal(code, 0);
  assert.match(out, /ok \(1 source, 1 webhook\)/);
  assert.match(err, /:4:13 {2}webhooks\.w\.secret: warning: /);
});

test('a file that is not there', () => {
  const io = {
    env: {},
    out: assert.fail,
    err: (text: string) => assert.match(text, /none\.yaml {2}.*ENOENT/),
  };
  assert.equal(check({ file: '/no/none.yaml' }, io), 2);
});

test('--print shows the configuration that applies', () => {
  const { code, out } = run(`${SOURCES}${WEBHOOKS}`, { print: true });
  assert.equal(code, 0);
  assert.match(out, /^ {4}max_body: 50MB$/m);
});

test('--json', () => {
  const right = JSON.parse(run(`${SOURCES}${WEBHOOKS}`, { json: true }).out);
  assert.deepEqual(right, {
    file,
    ok: true,
    sources: 1,
    webhooks: 1,
    problems: [],
    warnings: [],
    budgets: [],
  });
  const { code, out, err } = run(SOURCES, { json: true });
  assert.equal(code, 2);
  assert.equal(err, '');
  assert.equal(JSON.parse(out).problems[0].path, 'webhooks');
});
