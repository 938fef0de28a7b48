import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { COMPILED } from '../compiled.ts';
import { until } from '../fake-clock.ts';

const POLLHOOK = join(import.meta.dirname, '../../bin/pollhook.js');

interface Running {
  readonly child: ChildProcess;
  out: string;
  err: string;
  readonly code: Promise<number | null>;
}

/** The real process, as a user starts it. */
function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(process.execPath, [POLLHOOK, ...args], {
    env: { PATH: process.env.PATH, ...COMPILED, ...env },
    stdio: 'pipe',
  });
  const { promise, resolve } = Promise.withResolvers<number | null>();
  // Not at `exit`, when the last of what it wrote may be unread.
  child.on('close', (code) => resolve(code));
  const running: Running = { child, out: '', err: '', code: promise };
  child.stdout.on('data', (chunk) => {
    running.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    running.err += chunk;
  });
  return running;
}

describe('the process', () => {
  let folder = '';
  let source = '';
  let polled = 0;
  let unanswered = 0;
  const servers = new AsyncDisposableStack();

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pollhook-process-'));
    const server = createServer(({ url }, response) => {
      if (url === '/never') {
        unanswered += 1;
        return;
      }
      polled += 1;
      response.end('{"items":[{"id":1}]}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    source = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    servers.defer(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
  });

  after(async () => {
    await servers.disposeAsync();
    await rm(folder, { recursive: true, force: true });
  });

  async function configure(name: string, state: string, more = ''): Promise<string> {
    const file = join(folder, `${name}.yaml`);
    await writeFile(
      file,
      `state: ${state}
server: { listen: "127.0.0.1:0" }
sources: { one: { url: "${source}", items: items, key: id, every: 1h } }
webhooks: { hook: { url: "${source}hook", sign: none } }
${more}`,
    );
    return file;
  }

  const started = (running: Running) =>
    until(() => running.out.includes('"msg":"started"'), `start (${running.err})`);

  for (const kind of ['json', 'sqlite'] as const) {
    const place = (name: string) =>
      kind === 'json' ? join(folder, name) : `sqlite:${join(folder, `${name}.db`)}`;

    test(`${kind}: SIGTERM ends it in order with 0; a second process on the state ends with 3 and says who has it`, async () => {
      const file = await configure(`term-${kind}`, place(`term-${kind}`));
      const first = start(['run', '-c', file]);
      await started(first);
      const second = start(['run', '-c', file]);
      assert.equal(await second.code, 3);
      assert.match(second.err, new RegExp(`${first.child.pid}`));
      assert.match(second.err, /STATE_LOCKED/);
      await until(() => first.out.includes('first snapshot'));
      first.child.kill('SIGTERM');
      assert.equal(await first.code, 0);
      assert.match(first.out, /"msg":"stopped"/);
      const again = start(['run', '-c', file]);
      await started(again);
      again.child.kill('SIGINT');
      assert.equal(await again.code, 0);
    });
  }

  /** A module that is loaded before anybody listens to signals. */
  const LATE = new URL('../../src/cli/stop-signal.ts', import.meta.url).href;

  /** Sends itself a signal while modules are loaded. */
  const signalling = (signal: string) => {
    assert.ok(existsSync(new URL(LATE)), LATE);
    const script = `import { registerHooks } from 'node:module'; registerHooks({ load(url, context, next) {
      if (url === '${LATE}') process.kill(process.pid, '${signal}');
      return next(url, context); } })`;
    return { NODE_OPTIONS: `--import="data:text/javascript,${encodeURIComponent(script)}"` };
  };

  for (const [signal, other] of [
    ['SIGTERM', 'SIGINT'],
    ['SIGINT', 'SIGTERM'],
  ] as const) {
    test(`${signal} while it starts is not lost; a second one ends it at once`, async () => {
      const file = await configure(`early-${signal}`, join(folder, `early-${signal}`));
      const running = start(['run', '-c', file], signalling(signal));
      assert.equal(await running.code, 0, running.out + running.err);
      // Two in one turn: nothing else can have ended it.
      const twice = start(['run', '-c', file]);
      await started(twice);
      twice.child.kill(signal);
      twice.child.kill(other);
      assert.ok([0, 1].includes((await twice.code) ?? -1));
    });
  }

  test('SIGHUP while it starts does not end it; a command that is interrupted has not done what it should', async () => {
    const file = await configure('hangup', join(folder, 'hangup'));
    const running = start(['run', '-c', file], signalling('SIGHUP'));
    await started(running);
    running.child.kill('SIGTERM');
    assert.equal(await running.code, 0);
    await writeFile(file, (await readFile(file, 'utf8')).replace('hook"', 'never"'));
    const send = start(['send', 'hook', '-c', file]);
    await until(() => unanswered > 0, 'the request');
    send.child.kill('SIGINT');
    assert.equal(await send.code, 1, send.out);
  });

  test('logs are JSON lines on standard output, and nothing else is', async () => {
    const file = await configure('log', join(folder, 'log'));
    await writeFile(file, (await readFile(file, 'utf8')).replace('127.0.0.1:0', '0.0.0.0:0'));
    const running = start(['run', '-c', file]);
    await until(() => running.out.includes('first snapshot'));
    running.child.kill('SIGHUP');
    await until(() => running.out.includes('SIGHUP'));
    running.child.kill('SIGTERM');
    await running.code;
    for (const line of running.out.trim().split('\n')) {
      const { level, time, msg } = JSON.parse(line);
      assert.deepEqual([typeof level, typeof time, typeof msg], ['string', 'string', 'string']);
    }
    assert.equal(running.err, '');
    const warned =
      /"level":"warn",[^\n]*:2:19 {2}server\.listen: beyond this machine only [^\n]*: for the console/;
    assert.match(running.out, warned);
  });

  test('reads a changed file, and a changed secret, by itself, and on SIGHUP; a bad one leaves it running', async () => {
    const secret = join(folder, 'secret');
    await writeFile(secret, 'the-first-secret-of-all\n');
    const file = await configure('reload', join(folder, 'reload'));
    const signed = 'secret: "${file:secret}", sign: github';
    const simple = (await readFile(file, 'utf8')).replace('sign: none', signed);
    await writeFile(file, simple);
    const running = start(['run', '-c', file]);
    await started(running);
    await writeFile(secret, 'the-second-secret-of-all\n');
    await until(() => running.out.includes('webhook hook: changed secret'), `the secret (${running.out})`);
    await writeFile(file, simple.replace('every: 1h', 'every: 2h'));
    await until(() => running.out.includes('source one: changed every'), 'the interval');
    await writeFile(file, `${simple}nonsense: 1\n`);
    await until(() => running.out.includes('reload.yaml:5:1  nonsense: '), 'the mistake');
    running.child.kill('SIGHUP');
    await until(() => running.out.split('nonsense: ').length > 2, 'the mistake once more');
    running.child.kill('SIGTERM');
    assert.equal(await running.code, 0);
    assert.doesNotMatch(running.out, /secret-of-all/);
  });

  test('goes on when its log cannot be written; what only prints ends then', async () => {
    const file = await configure('deaf', join(folder, 'deaf'));
    await writeFile(
      file,
      (await readFile(file, 'utf8')).replace('every: 1h', 'every: 100ms').concat('log: { level: debug }'),
    );
    const running = start(['run', '-c', file]);
    await started(running);
    running.child.stdout?.destroy();
    running.child.stderr?.destroy();
    const before = polled;
    await until(() => polled > before + 5, 'more polls');
    running.child.kill('SIGTERM');
    assert.equal(await running.code, 0);
    if (existsSync('/dev/full')) {
      const full = openSync('/dev/full', 'w');
      const bin = (args: string[]) =>
        spawn(process.execPath, [POLLHOOK, ...args], { stdio: ['ignore', full, 'ignore'] });
      const polls = polled;
      const daemon = bin(['run', '-c', file]);
      await until(() => polled > polls + 2, 'polls of one that cannot write its log');
      daemon.kill('SIGTERM');
      assert.deepEqual(await once(daemon, 'exit'), [0, null]);
      assert.deepEqual(await once(bin(['schema']), 'exit'), [1, null]);
      closeSync(full);
    }
    const watching = start(['poll', 'one', '--watch', '--live', '-c', file]);
    await until(() => watching.out !== '');
    watching.child.stdout?.destroy();
    assert.equal(await watching.code, 0, watching.err);
  });

  test('ends although nobody reads its log', async () => {
    const file = await configure('unread', join(folder, 'unread'));
    const running = start(['run', '-c', file]);
    await started(running);
    running.child.stdout?.pause();
    const mistakes = Array.from({ length: 1000 }, (_, at) => `${'nonsense'.repeat(100)}${at}: 1\n`);
    await writeFile(file, mistakes.join(''));
    running.child.kill('SIGHUP');
    await until(() => (running.child.stdout?.readableLength ?? 0) > 0, 'more than is read');
    running.child.kill('SIGTERM');
    assert.deepEqual(await once(running.child, 'exit'), [0, null]);
  });

  test('a configuration with mistakes ends with 2 and lists them all', async () => {
    const file = await configure('wrong', join(folder, 'wrong'), 'nonsense: 1\nlog: { level: loud }');
    const running = start(['run', '-c', file]);
    assert.equal(await running.code, 2);
    assert.match(running.err, /wrong\.yaml:5:1 {2}nonsense: /);
    assert.match(running.err, /wrong\.yaml:6:\d+ {2}log\.level: /);
    assert.equal(running.out, '');
  });

  test('a configuration that is not there ends with 2', async () => {
    const running = start(['run', '-c', join(folder, 'absent.yaml')]);
    assert.equal(await running.code, 2);
    assert.match(running.err, /absent\.yaml.*\n.*CONFIG_UNREADABLE/s);
  });

  test('damaged state is refused with 1, named, and left as it was', async () => {
    const state = join(folder, 'damaged');
    const file = await configure('damaged', state);
    const first = start(['run', '-c', file]);
    await until(() => first.out.includes('first snapshot'));
    first.child.kill('SIGTERM');
    await first.code;
    const document = join(state, 'sources/one.json');
    const whole = await readFile(document);
    for (const [content, reason] of [
      ['', 'empty'],
      ['null', ''],
      [whole.subarray(0, whole.length - 3), ''],
      ['{"version":1}', ''],
    ] as const) {
      await writeFile(document, content);
      const running = start(['run', '-c', file]);
      assert.equal(await running.code, 1);
      assert.match(running.err, new RegExp(`sources/one\\.json: .*${reason}[\\s\\S]*STATE_`));
      assert.deepEqual(await readFile(document), Buffer.from(content));
    }
    await writeFile(document, whole);
    const last = start(['run', '-c', file]);
    await started(last);
    last.child.kill('SIGTERM');
    assert.equal(await last.code, 0);
  });

  test('a state folder that is a file, or belongs to something else, is refused with 1', async () => {
    const occupied = join(folder, 'occupied');
    await mkdir(occupied);
    await writeFile(join(occupied, 'thesis.doc'), 'precious');
    await writeFile(join(folder, 'plain'), '');
    for (const place of [occupied, join(folder, 'plain')]) {
      const running = start(['run', '-c', await configure('place', place)]);
      assert.equal(await running.code, 1);
      assert.match(running.err, /STATE_UNAVAILABLE/);
    }
    assert.deepEqual(await readdir(occupied), ['thesis.doc']);
  });

  test('an address in use ends with 1 and says so', async () => {
    const port = new URL(source).port;
    const file = await configure('port', join(folder, 'port'));
    const text = (await readFile(file, 'utf8')).replace('127.0.0.1:0', `127.0.0.1:${port}`);
    await writeFile(file, text);
    const running = start(['run', '-c', file]);
    assert.equal(await running.code, 1);
    assert.match(running.err, /LISTEN_FAILED/);
  });

  test('poll shows what would happen, and writes nothing', async () => {
    const state = join(folder, 'poll');
    const running = start(['poll', 'one', '-c', await configure('poll', state)]);
    assert.equal(await running.code, 0, running.err);
    assert.match(running.out, /one: GET http:\/\/127\.0\.0\.1:\d+\/: status 200/);
    assert.match(running.out, /1 record; no snapshot yet.*\n {4}1: \{"id":1\}\n/);
    await assert.rejects(readdir(state), { code: 'ENOENT' });
  });

  test('help is a result; mistakes in the command line end with 2', async () => {
    const help = start(['--help']);
    assert.equal(await help.code, 0);
    assert.match(help.out, /Usage: pollhook/);
    for (const args of [['nonsense'], ['poll'], ['run', '--nonsense'], ['listen', '--port', 'http']]) {
      const running = start(args);
      assert.equal(await running.code, 2, args.join(' '));
      assert.notEqual(running.err, '');
    }
    const unknown = start(['poll', 'two', '-c', await configure('unknown', join(folder, 'unknown'))]);
    assert.equal(await unknown.code, 2);
    assert.match(unknown.err, /there is no source "two".*there are: one/);
  });
});
