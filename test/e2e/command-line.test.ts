import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { COMPILED } from '../compiled.ts';
import { until } from '../fake-clock.ts';
import { freePort } from '../free-port.ts';

const POLLHOOK = join(import.meta.dirname, '../../bin/pollhook.js');

function start(args: readonly string[]) {
  const child = spawn(process.execPath, [POLLHOOK, ...args], {
    env: { PATH: process.env.PATH, ...COMPILED },
    stdio: 'pipe',
  });
  const { promise: code, resolve } = Promise.withResolvers<number | null>();
  // Not at `exit`, when the last of what it wrote may be unread.
  child.on('close', resolve);
  const running = { child, code, out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    running.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    running.err += chunk;
  });
  return running;
}

test('commands find the running daemon by its configuration, and say so when it does not run', async () => {
  await using ends = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'pollhook-commands-'));
  ends.defer(() => rm(folder, { recursive: true, force: true }));
  const legacy = createServer((_, response) => response.end('{"items":[{"id":1}]}')).listen(0, '127.0.0.1');
  await new Promise((resolve) => legacy.once('listening', resolve));
  ends.defer(() => void legacy.close().closeAllConnections());
  const file = join(folder, 'config.yaml');
  const listen = `127.0.0.1:${await freePort()}`;
  await writeFile(
    file,
    `server: { listen: "${listen}", token: a-token-in-a-file }
sources:
  things: { url: "http://127.0.0.1:${(legacy.address() as AddressInfo).port}/", items: items, key: id, send_to: w }
webhooks:
  w: { url: "http://127.0.0.1:9/", sign: none }
`,
  );
  const run = async (...args: string[]) => {
    const command = start([...args, '-c', file]);
    return { code: await command.code, out: command.out, err: command.err };
  };

  const early = await run('sources');
  assert.equal(early.code, 1);
  assert.match(early.err, new RegExp(`no daemon answers at http://${listen}.*\\n +Start it with`));

  const daemon = start(['run', '-c', file]);
  ends.defer(async () => {
    daemon.child.kill('SIGTERM');
    await daemon.code;
  });
  await until(() => daemon.out.includes('first snapshot'), 'the first poll');
  const listed = await run('sources');
  assert.deepEqual([listed.code, listed.err], [0, '']);
  assert.match(listed.out, /^things +ok +1 /m);
  assert.equal((await run('pause', 'things')).code, 0);
  const { items } = JSON.parse((await run('sources', '--json')).out);
  assert.equal(items[0].state, 'paused');
  assert.ok(!daemon.out.includes('a-token-in-a-file'));
});
