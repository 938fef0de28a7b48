import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { StateLocation } from '../../src/config/document.ts';
import { makeFolder } from '../../src/store/folders.ts';
import { moveState } from '../../src/store/move.ts';
import { openStore } from '../../src/store/open.ts';
import { FakeClock } from '../fake-clock.ts';

const options = { clock: new FakeClock(), owner: 'test', onFatal: assert.fail };

test('folders are made by several at once, for this user alone', async () => {
  const root = await mkdtemp(join(tmpdir(), 'pollhook-folders-'));
  const folder = join(root, 'a', 'b', 'c');
  await Promise.all(Array.from({ length: 5 }, () => makeFolder(folder)));
  assert.equal((await stat(folder)).mode & 0o777, 0o700);
  await makeFolder(folder);
  await writeFile(join(root, 'file'), '');
  for (const path of ['file', 'file/below']) await assert.rejects(makeFolder(join(root, path)), path);
  await rm(root, { recursive: true });
});

test('a place in which nothing can be made is refused at once', {
  skip: !existsSync('/proc/self') && 'no /proc',
}, async () => {
  const root = await mkdtemp(join(tmpdir(), 'pollhook-folders-'));
  const good: StateLocation = { kind: 'json', folder: join(root, 'state') };
  await (await openStore(good, options)).close();
  const places: StateLocation[] = [
    { kind: 'json', folder: '/proc/none/state' },
    { kind: 'sqlite', file: '/proc/none/below/state.db' },
  ];
  for (const place of places) {
    await assert.rejects(openStore(place, options), { code: 'STATE_UNAVAILABLE', message: /\/proc\/none/ });
    await assert.rejects(moveState(good, place), /\/proc\/none/);
  }
  await rm(root, { recursive: true });
});
