import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { whenThereIsRoom } from '../../../src/store/json/disk.ts';

const run = promisify(execFile);

/** Fails so often, then opens. */
function opening(failures: number, code: string) {
  let tries = 0;
  const pauses: number[] = [];
  const open = async () => {
    tries += 1;
    if (tries <= failures) throw Object.assign(new Error(code), { code });
    return tries;
  };
  return { pauses, came: whenThereIsRoom(open, async () => pauses.push(tries)) };
}

test('a file is opened once there is a descriptor for it', async () => {
  const { came, pauses } = opening(3, 'EMFILE');
  assert.equal(await came, 4);
  assert.deepEqual(pauses, [1, 2, 3]);
});

test('what has to be read to send it waits, too, and the state goes on', async () => {
  const script = fileURLToPath(new URL('out-of-files.ts', import.meta.url));
  await run('sh', ['-c', `ulimit -n 64 && exec "$0" "$1"`, process.execPath, script]);
});

test('a disk that fails is not asked twice, and nothing is waited for for ever', async () => {
  const full = opening(1, 'ENOSPC');
  await assert.rejects(full.came, /ENOSPC/);
  assert.equal(full.pauses.length, 0);
  await assert.rejects(opening(9999, 'ENFILE').came, /ENFILE/);
});
