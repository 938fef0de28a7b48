import assert from 'node:assert/strict';
import { mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { locationOf } from '../../../src/store/sqlite/location.ts';

test('a file has one name, whatever links lead to it, whether it exists or not', async (context) => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'pollhook-location-')));
  context.after(() => rm(folder, { recursive: true }));
  const [file, link] = [join(folder, 'state.db'), join(folder, 'link.db')];
  await symlink('state.db', link);
  assert.equal(await locationOf(link), file);
  await writeFile(file, '');
  assert.equal(await locationOf(link), file);
});

test('a file that another process creates meanwhile is where it was asked for', async (context) => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'pollhook-location-')));
  context.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'state.db');
  for (let round = 0; round < 300; round += 1) {
    const [found] = await Promise.all([locationOf(file), writeFile(file, '')]);
    assert.equal(found, file);
    await rm(file);
  }
});
