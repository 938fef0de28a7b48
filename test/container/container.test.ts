import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmod, chown, lstat, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { until } from '../fake-clock.ts';
import { freePort } from '../free-port.ts';
import { parseDockerfile, perform, type Stage } from './dockerfile.ts';

const ROOT = join(import.meta.dirname, '../..');

describe('the container image, built and started by its own steps', () => {
  let folder = '';
  let image: Stage;
  const servers = new AsyncDisposableStack();

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pollhook-container-'));
    await chmod(folder, 0o755);
    const text = await readFile(join(ROOT, 'Dockerfile'), 'utf8');
    image = await perform(parseDockerfile(text), ROOT, folder);
  });

  after(async () => {
    await servers.disposeAsync();
    await rm(folder, { recursive: true, force: true });
  });

  test('copies only what .dockerignore lets into the build', async () => {
    const allowed = (await readFile(join(ROOT, '.dockerignore'), 'utf8')).match(/(?<=^!).+/gm) as string[];
    const instructions = parseDockerfile(await readFile(join(ROOT, 'Dockerfile'), 'utf8'));
    const copied = instructions
      .filter(({ name, rest }) => name === 'COPY' && !rest.startsWith('--from'))
      .flatMap(({ rest }) => rest.split(/\s+/).slice(0, -1));
    assert.deepEqual(
      copied.filter((path) => !allowed.includes(path)),
      [],
    );
  });

  test('holds no development packages, no sources, and stays small', async () => {
    const app = join(image.root, 'app');
    for (const absent of [
      'src',
      'test',
      'node_modules/typescript',
      'node_modules/fast-check',
      'node_modules/node-runtime',
    ]) {
      await assert.rejects(stat(join(app, absent)), { code: 'ENOENT' }, absent);
    }
    // Not what they take on disk, which differs from one file system to the next.
    const entries = await readdir(app, { recursive: true, withFileTypes: true });
    const files = entries.filter((one) => one.isFile()).map((one) => lstat(join(one.parentPath, one.name)));
    const bytes = (await Promise.all(files)).reduce((sum, { size }) => sum + size, 0);
    assert.ok(bytes < 30e6, `${bytes} bytes`);
  });

  test('runs as a user without rights, with its own files read-only, is healthy, and stops at SIGTERM', async () => {
    const server = createServer((_, response) => response.end('{"up":true}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    servers.defer(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const config = join(image.root, 'etc/pollhook/config.yaml');
    await writeFile(
      config,
      `sources: { one: { url: "${url}" } }\nwebhooks: { hook: { url: "${url}", sign: none } }\n`,
    );
    const port = await freePort();
    const data = join(image.root, 'data');
    const env = {
      ...image.env,
      POLLHOOK_STATE: data,
      POLLHOOK_CONFIG: config,
      POLLHOOK_LISTEN: `127.0.0.1:${port}`,
    };
    // Only root can become somebody else, and who is let in to this Node.js and to what is made here; anybody else is a
    // user without rights already.
    const other = image.user ? { uid: image.user, gid: image.user } : {};
    const letIn = spawnSync(process.execPath, ['--version'], { cwd: '/', ...other }).status === 0;
    const privileged = process.getuid?.() === 0 && letIn && (process.umask() & 0o5) === 0;
    if (privileged) await chown(data, image.user ?? 0, image.user ?? 0);
    const options = { cwd: join(image.root, image.workdir), env, ...(privileged && other) };
    const [command = '', ...args] = [...image.entrypoint, ...image.cmd];
    assert.equal(command, 'node');
    const child = spawn(process.execPath, args, options);
    let out = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        out += chunk;
      });
    }
    const code = new Promise((resolve) => child.on('exit', resolve));
    await until(() => out.includes('first snapshot'), `the first snapshot; ${out}`);
    const check = () => spawnSync(process.execPath, image.healthcheck.slice(1), options).status;
    assert.equal(check(), 0);
    const pollhook = join(image.root, 'usr/local/bin/pollhook');
    const PATH = `${dirname(process.execPath)}:/usr/bin:/bin`;
    const asked = spawnSync(pollhook, ['sources'], { ...options, env: { ...env, PATH }, encoding: 'utf8' });
    assert.match(asked.stdout, /^one +ok/m, asked.stderr);
    child.kill('SIGTERM');
    assert.equal(await code, 0, out);
    assert.equal(check(), 1);
    if (privileged) assert.equal((await stat(join(data, 'state.json'))).uid, image.user);
  });
});
