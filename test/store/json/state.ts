import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Commit, Store, StoreOptions } from '../../../src/store/contract.ts';
import { type Disk, systemDisk } from '../../../src/store/json/disk.ts';
import { openJsonStore } from '../../../src/store/json/open.ts';
import { FakeClock } from '../../fake-clock.ts';
import { commitOf, event, owed, record } from '../conformance/samples.ts';

/** A folder that goes away with the test. */
export interface Scratch extends Disposable {
  readonly path: string;
  /** A copy of a state as a killed process leaves it: without the lock, which dies with its holder. */
  copy(state: string): string;
}

export function scratch(): Scratch {
  const path = mkdtempSync(join(tmpdir(), 'pollhook-json-'));
  let copies = 0;
  return {
    path,
    copy(state) {
      copies += 1;
      const to = join(path, `copy-${copies}`);
      // Killed before it made the folder.
      if (existsSync(state))
        cpSync(state, to, { recursive: true, filter: (name) => !/^lock/.test(basename(name)) });
      return to;
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** What a crash of the process needs no disk for: without fsync the same steps take a tenth of the time. */
export const quickDisk: Disk = {
  ...systemDisk,
  fsync: async () => undefined,
  fdatasync: async () => undefined,
  fsyncFolder: async () => undefined,
};

export function openState(
  folder: string,
  options: Partial<StoreOptions> = {},
  disk = quickDisk,
): Promise<Store> {
  const onFatal = (error: unknown) => {
    throw error;
  };
  return openJsonStore(folder, { clock: new FakeClock(), owner: 'test', onFatal, ...options }, disk);
}

/** The next commit of a source: one event for each key, its record changed to `text`. */
export async function commitNext(
  store: Store,
  source: string,
  keys: readonly string[],
  text = '1',
): Promise<void> {
  const before = await store.source(source);
  const events = keys.map((key, index) => event(source, (before?.sequence ?? 0) + index + 1, key));
  const difference: Commit['difference'] = {
    replace: false,
    upserts: keys.map((key) => record(key, text)),
    removes: [],
  };
  const expected = before?.version ?? 0;
  const result = await store.commit(
    commitOf({ source, expected, difference, events, deliveries: owed(events, 'hook') }),
  );
  if (result !== 'committed') throw new Error(result);
}
