import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import type { OutgoingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { poll } from '../../src/cli/poll.ts';
import { folder } from '../config/files.ts';
import { serve } from '../fetch/fixtures.ts';
import { capture } from './capture.ts';

const place = folder();

/** The command `poll` on a server that answers like this. */
async function run(
  t: TestContext,
  status: number,
  headers: OutgoingHttpHeaders,
  options: { json?: boolean } = {},
) {
  const origin = await serve(t, (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end('[]');
  });
  const config = join(place, 'config.yaml');
  const source = `sources: { desk: { url: "${origin}/", key: id } }`;
  writeFileSync(config, `${source}\nwebhooks: { w: { url: "https://x.test/", sign: none } }\n`);
  const { io, said } = capture();
  await poll('desk', { config, ...options }, io);
  return said.out;
}

test('poll says how each rate-limit header was read, and what follows', async (t) => {
  const out = await run(t, 200, {
    'X-RateLimit-Limit': '100',
    'X-RateLimit-Remaining': '20',
    'X-RateLimit-Reset': '60',
    'X-RateLimit-Reset-Tokens': 'soon',
  });
  assert.match(out, /^ {2}rate limits:$/m);
  assert.match(out, /^ {4}x-ratelimit-limit: 100: the limit is 100 requests$/m);
  assert.match(out, /^ {4}x-ratelimit-remaining: 20: 20 requests left$/m);
  assert.match(out, /^ {4}x-ratelimit-reset: 60: the limit is reset in 1m \(read as seconds\)$/m);
  assert.match(out, /^ {4}x-ratelimit-reset-tokens: soon: not counted in requests: ignored$/m);
  assert.match(out, /^ {4}→ 20 of 100 left: spread over 1m, one request in 3s$/m);
});

test('poll says what a refusal means', async (t) => {
  const out = await run(t, 429, { 'Retry-After': '30' });
  assert.match(out, /^ {4}retry-after: 30: not to be asked again for 30s$/m);
  assert.match(out, /^ {4}→ refused: all sources of the budget wait for 30s, then one request finds out$/m);
});

test('poll says nothing of limits when the server says nothing', async (t) => {
  assert.doesNotMatch(await run(t, 200, {}), /rate limits/);
});

test('poll gives the same as data', async (t) => {
  const out = JSON.parse(await run(t, 200, { 'X-RateLimit-Remaining': '20' }, { json: true }));
  assert.deepEqual(out.limits, {
    headers: [{ header: 'x-ratelimit-remaining', value: '20', meaning: '20 requests left' }],
    follows: ['20 left, nobody knows until when: slows nothing'],
  });
});
