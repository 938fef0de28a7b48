import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { PollhookError } from '../../src/errors.ts';
import { acquireLock } from '../../src/store/lock.ts';

const folder = mkdtempSync(join(tmpdir(), 'pollhook-lock-'));
const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** Tries to lock `path` in a process of its own as soon as it reads a line; says `won` or the code of the error. */
const CONTENDER = `
  import { acquireLock } from ${JSON.stringify(new URL('../../src/store/lock.ts', import.meta.url).href)};
  process.stdout.write('ready');
  process.stdin.once('data', async () => {
    try {
      globalThis.lock = await acquireLock(process.argv[1]);
      process.stdout.write('won');
    } catch (error) {
      process.stdout.write(error.code + ' ' + error.message);
    }
  });
`;

async function contender(path: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', CONTENDER, path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  assert.equal(await said(child), 'ready');
  return child;
}

async function said(child: ChildProcess): Promise<string> {
  assert.ok(child.stdout);
  const [data] = await once(child.stdout, 'data');
  return String(data);
}

async function go(child: ChildProcess): Promise<string> {
  const answer = said(child);
  child.stdin?.write('go\n');
  return answer;
}

async function refused(path: string, code: string, ...words: RegExp[]): Promise<void> {
  await assert.rejects(acquireLock(path), (error) => {
    assert.ok(error instanceof PollhookError);
    assert.equal(error.code, code);
    for (const word of words) assert.match(error.message, word);
    return true;
  });
}

test('a second lock in the same process is refused, and does not disturb the first', async () => {
  const path = join(folder, 'same');
  const lock = await acquireLock(path);
  await refused(path, 'STATE_LOCKED', /same: /, new RegExp(`process ${process.pid} on `));
  assert.match(await go(await contender(path)), /^STATE_LOCKED .*process \d+ on .* since /);
  await lock.release();
});

test('a released lock can be taken again, and releasing twice harms nobody', async () => {
  const path = join(folder, 'again');
  const first = await acquireLock(path);
  await first.release();
  await using _second = await acquireLock(path);
  await first.release();
  await refused(path, 'STATE_LOCKED');
});

test('leaves an empty file beside the state, and nothing temporary', async () => {
  const path = join(folder, 'state.db.lock');
  await using _lock = await acquireLock(path);
  assert.equal(statSync(path).size, 0);
  const names = readdirSync(folder).filter((name) => name.startsWith('state.db'));
  assert.deepEqual(names.sort(), ['state.db.lock', 'state.db.lock.json']);
  assert.equal(JSON.parse(readFileSync(`${path}.json`, 'utf8')).pid, process.pid);
});

test('of many processes at the same instant one wins; killed, the next round has one winner again', async () => {
  const path = join(folder, 'race');
  const others = await Promise.all(Array.from({ length: 8 }, () => contender(path)));
  for (const round of [others.slice(0, 4), others.slice(4)]) {
    const answers = await Promise.all(round.map(go));
    assert.equal(answers.filter((answer) => answer === 'won').length, 1, answers.join('\n'));
    const winner = round[answers.indexOf('won')];
    assert.ok(winner);
    winner.kill('SIGKILL');
    await once(winner, 'exit');
  }
  await using _taken = await acquireLock(path);
});

test('what a dead process left does not matter, its process id being ours included', async () => {
  const path = join(folder, 'reused');
  writeFileSync(path, '');
  writeFileSync(`${path}.json`, JSON.stringify({ pid: process.pid, host: 'here', since: 'before' }));
  await using _lock = await acquireLock(path);
});

test('a folder that is missing, and a path that is a folder, are refused as unavailable', async () => {
  await refused(join(folder, 'missing', 'lock'), 'STATE_UNAVAILABLE', /missing.lock: cannot be locked/);
  await refused(folder, 'STATE_UNAVAILABLE');
});

test('a file that is not a lock is refused and left as it was', async () => {
  const path = join(folder, 'notes.txt');
  writeFileSync(path, 'please keep me, I am not a lock\n');
  await refused(path, 'STATE_UNAVAILABLE', /notes\.txt is not a lock of pollhook/);
  assert.equal(readFileSync(path, 'utf8'), 'please keep me, I am not a lock\n');
});
