import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { poll } from '../../src/cli/poll.ts';
import { folder } from '../config/files.ts';
import { serve } from '../fetch/fixtures.ts';
import { capture } from './capture.ts';

/** What the command `poll` prints of this answer. */
async function shown(t: TestContext, answer: string, json = false): Promise<string> {
  const origin = await serve(t, (_, response) => void response.end(answer));
  const config = join(folder(), 'config.yaml');
  const source = `sources: { desk: { url: "${origin}/", key: id, initial: emit } }`;
  writeFileSync(config, `${source}\nwebhooks: { w: { url: "https://x.test/", sign: none } }\n`);
  const { io, said } = capture();
  await poll('desk', { config, json }, io);
  return said.out;
}

test('the first records of a baseline are shown, long ones in part', async (t) => {
  const many = `[${[1, 2, 3, 4].map((id) => `{"id":${id},"text":"${'x'.repeat(1000)}"}`)}]`;
  const out = await shown(t, many);
  assert.match(out, /^ {4}1: \{"id":1,"text":"x{20,300}…$/m);
  assert.match(out, /^ {4}3: /m);
  assert.doesNotMatch(out, /^ {4}4: /m);
  assert.match(await shown(t, '[]'), /^ {4}none, so that all later records are new$/m);
});

test('events as data keep the digits of their numbers', async (t) => {
  assert.match(
    await shown(t, '[{"id":12345678901234567890,"v":1.50}]', true),
    /"id":12345678901234567890,"v":1\.50/,
  );
});
