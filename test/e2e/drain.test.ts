import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { COMPILED } from '../compiled.ts';
import { until } from '../fake-clock.ts';

const ROOT = join(import.meta.dirname, '../..');

async function serve(stack: AsyncDisposableStack, handle: RequestListener): Promise<string> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stack.defer(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function temporary(stack: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pollhook-drain-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function start(stack: AsyncDisposableStack, script: string, args: readonly string[], env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [join(ROOT, script), ...args], {
    env: { PATH: process.env.PATH, ...COMPILED, ...env },
  });
  const { promise: code, resolve } = Promise.withResolvers<number | null>();
  // Not at `exit`, when the last of what it wrote may be unread.
  child.on('close', resolve);
  stack.defer(async () => {
    child.kill('SIGKILL');
    await code;
  });
  const running = { child, code, out: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      running.out += chunk;
    });
  }
  return running;
}

test('SIGTERM waits for the answer to what is under way, and a restart does not send it again', async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await temporary(stack);
  const received: string[] = [];
  const { promise: answer, resolve: letAnswer } = Promise.withResolvers<void>();
  const url = await serve(stack, async (request, response) => {
    if (request.method === 'GET') return void response.end('[{"id":1}]');
    received.push(String(request.headers['webhook-id']));
    await answer;
    response.end();
  });
  const config = join(folder, 'config.yaml');
  await writeFile(
    config,
    `server: { listen: false }
sources: { one: { url: "${url}", key: id, initial: emit, every: 1h } }
webhooks: { hook: { url: "${url}", sign: none } }
`,
  );
  const first = start(stack, 'bin/pollhook.js', ['run', '-c', config], {});
  await until(() => received.length === 1, `the webhook; ${first.out}`);
  first.child.kill('SIGTERM');
  await until(() => first.out.includes('stopping'));
  letAnswer();
  assert.equal(await first.code, 0, first.out);
  assert.match(first.out, /"msg":"delivered"/);

  const second = start(stack, 'bin/pollhook.js', ['run', '-c', config], {});
  await until(() => second.out.includes('"msg":"started"'), second.out);
  second.child.kill('SIGTERM');
  assert.equal(await second.code, 0);
  assert.equal(received.length, 1);
});

test('the receiver beside the compose file verifies what its configuration sends', async () => {
  await using stack = new AsyncDisposableStack();
  const folder = await temporary(stack);
  const secret = `whsec_${Buffer.from('the secret of the compose file').toString('base64')}`;
  const receiver = start(stack, 'examples/compose/receiver.js', [], { WEBHOOK_SECRET: secret, PORT: '0' });
  await until(() => /listens on \d+/.test(receiver.out), receiver.out);
  const [, port] = /listens on (\d+)/.exec(receiver.out) ?? [];
  const example = await readFile(join(ROOT, 'examples/compose/config.yaml'), 'utf8');
  const config = join(folder, 'config.yaml');
  await writeFile(
    config,
    example
      .replaceAll('receiver:9000', `127.0.0.1:${port}`)
      .replace('every: 5s', 'every: 5s\n    initial: emit'),
  );
  const env = { AGENT_WEBHOOK_SECRET: secret, POLLHOOK_TOKEN: 'secret', POLLHOOK_LISTEN: '127.0.0.1:0' };
  const daemon = start(stack, 'bin/pollhook.js', ['run', '-c', config], env);
  await until(() => receiver.out.includes('"type":"status.created"'), `the event; ${daemon.out}`);
  await until(() => /"status":204.*"msg":"delivered"/.test(daemon.out), daemon.out);

  // The same event under another secret: the daemon is told that it is not believed.
  daemon.child.kill('SIGTERM');
  assert.equal(await daemon.code, 0);
  const wrong = start(stack, 'bin/pollhook.js', ['run', '-c', config], {
    ...env,
    POLLHOOK_STATE: join(folder, 'other'),
    AGENT_WEBHOOK_SECRET: `whsec_${Buffer.from('quite another secret, as long').toString('base64')}`,
  });
  await until(() => wrong.out.includes('failed: answered 401'), wrong.out);
  receiver.child.kill('SIGTERM');
  assert.equal(await receiver.code, 0);
});
