import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Store, StoreOptions } from '../../../src/store/contract.ts';
import { FakeClock } from '../../fake-clock.ts';

export type Open = (place: string, options: StoreOptions) => Promise<Store>;

/** A folder for one test, and the state in it. */
export interface Place extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly path: string;
  /** The store that is open now. */
  readonly store: Store;
  /** Opens the same path, or another name of it, once more, as a second process would. */
  open(name?: string): Promise<Store>;
  /** Closes and opens again. */
  reopen(): Promise<Store>;
  /** Opens a copy of what a process that was killed at this instant would have left behind. */
  remains(): Promise<Store>;
  /** Goes on with those remains. */
  crash(): Promise<Store>;
}

/**
 * A kill leaves exactly what was handed to the operating system, so a copy of the files of an open store is what its
 * successor would find; the lock is left out because the kernel, or the death of its holder, releases it.
 */
export async function createPlace(open: Open): Promise<Place> {
  const root = await mkdtemp(join(tmpdir(), 'pollhook-store-'));
  const clock = new FakeClock();
  const options: StoreOptions = {
    clock,
    owner: 'test',
    onFatal(error) {
      throw error;
    },
  };
  const opened: Store[] = [];
  let copies = 0;
  async function launch(path: string): Promise<Store> {
    const store = await open(path, options);
    opened.push(store);
    return store;
  }
  async function copy(from: string): Promise<string> {
    copies += 1;
    const folder = join(root, String(copies));
    await cp(dirname(from), folder, { recursive: true, filter: isCopied });
    return join(folder, basename(from));
  }
  let path = join(root, '0', 'state');
  await mkdir(dirname(path));
  let store = await launch(path);

  return {
    clock,
    get path() {
      return path;
    },
    get store() {
      return store;
    },
    open: (name = path) => launch(name),
    async reopen() {
      await store.close();
      store = await launch(path);
      return store;
    },
    remains: async () => launch(await copy(path)),
    async crash() {
      path = await copy(path);
      store = await launch(path);
      return store;
    },
    async [Symbol.asyncDispose]() {
      for (const one of opened) await one.close();
      await rm(root, { recursive: true });
    },
  };
}

/** Locks die with their holder; and what is just being written may have its name by now. */
function isCopied(path: string): boolean {
  return !/(^|\.)lock|\.tmp$/.test(basename(path));
}
