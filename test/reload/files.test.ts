import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { stampOf, watchFiles } from '../../src/reload/files.ts';
import { FakeClock, until } from '../fake-clock.ts';

/** A folder whose file `config.yaml` is watched. */
async function watched(
  lay: (folder: string) => Promise<void>,
  names = ['config.yaml'],
  meanwhile = async (_file: string) => {},
) {
  const folder = await mkdtemp(join(tmpdir(), 'pollhook-watch-'));
  await lay(folder);
  const clock = new FakeClock();
  let changes = 0;
  const files = names.map((name) => join(folder, name));
  const read = stampOf(files);
  await meanwhile(files[0] as string);
  const watch = watchFiles(files, read, {
    clock,
    async onChange() {
      changes += 1;
    },
  });
  return {
    folder,
    clock,
    watch,
    changes: () => changes,
    /** Lets time pass until so many changes were told, then some more. */
    async told(count: number, step = 100) {
      await until(async () => {
        await clock.advance(step);
        return changes >= count;
      }, `${count} changes`);
      await clock.advance(20_000);
      assert.equal(changes, count);
    },
    async [Symbol.asyncDispose]() {
      await watch.stop();
      await rm(folder, { recursive: true });
    },
  };
}

const plain = (folder: string) => writeFile(join(folder, 'config.yaml'), 'one');

test('a file that is written in place, replaced as editors do, removed or made again is read once each', async () => {
  await using scene = await watched(plain);
  const file = join(scene.folder, 'config.yaml');
  // Of another length: systems with coarse times would not notice it otherwise.
  await writeFile(file, 'second');
  await scene.told(1);
  for (const count of [2, 3]) {
    await writeFile(`${file}~`, `edit ${count}`);
    await rename(`${file}~`, file);
    await scene.told(count);
  }
  await rm(file);
  await scene.told(4);
  await writeFile(file, 'again');
  await scene.told(5);
});

test('a file that changed between being read and being watched is read again soon', async () => {
  await using scene = await watched(plain, ['config.yaml'], (file) => writeFile(file, 'another'));
  await scene.clock.advance(200);
  await scene.told(1);
});

test('a ConfigMap swaps a link beside the one that is read', async () => {
  await using scene = await watched(async (folder) => {
    await mkdir(join(folder, '..first'));
    await mkdir(join(folder, '..second'));
    await writeFile(join(folder, '..first/config.yaml'), 'first');
    await writeFile(join(folder, '..second/config.yaml'), 'second');
    await symlink('..first', join(folder, '..data'));
    await symlink('..data/config.yaml', join(folder, 'config.yaml'));
  });
  await symlink('..second', join(scene.folder, '..tmp'));
  await rename(join(scene.folder, '..tmp'), join(scene.folder, '..data'));
  await scene.told(1);
});

test('a file that is being written is read when it has come to rest', async () => {
  await using scene = await watched(plain);
  const file = join(scene.folder, 'config.yaml');
  for (let part = 0; part < 5; part += 1) {
    await writeFile(file, `part ${part}`.repeat(part + 1));
    await scene.clock.advance(150);
  }
  assert.equal(scene.changes(), 0);
  await scene.told(1);
});

test('changes that nobody tells of, in a folder that was not there, are found; other files are not read', async () => {
  await using scene = await watched(plain, ['config.yaml', 'secrets/token']);
  await writeFile(join(scene.folder, 'state.db'), 'busy');
  await scene.clock.advance(20_000);
  assert.equal(scene.changes(), 0);
  await mkdir(join(scene.folder, 'secrets'));
  await writeFile(join(scene.folder, 'secrets/token'), 'secret');
  await scene.told(1, 5_000);
});

test('once it is stopped, nothing is told', async () => {
  await using scene = await watched(plain);
  await writeFile(join(scene.folder, 'config.yaml'), 'two');
  await scene.watch.stop();
  await scene.clock.advance(60_000);
  assert.equal(scene.changes(), 0);
  assert.equal(scene.clock.sleeping, 0);
});
