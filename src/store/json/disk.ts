import {
  close,
  fdatasync,
  fsync,
  ftruncate,
  mkdir,
  open,
  rename,
  statSync,
  unlink,
  writev,
  writevSync,
} from 'node:fs';
import { promisify } from 'node:util';
import { PollhookError } from '../../errors.ts';
import { systemClock } from '../../lib/clock.ts';

/**
 * Every operation that changes the state on disk, one step each, so that a test can fail, delay or kill at any of them.
 * All are asynchronous: a slow disk may need 10 ms and more for an fsync, in which polls and deliveries go on. Reading
 * is not part of it: it is done synchronously, 3 MB in 0.3 ms, where Node's asynchronous way takes 3 ms.
 */
export interface Disk {
  /** Makes a folder; one that is there already, made by a process that starts at the same instant, will do. */
  mkdir(path: string): Promise<void>;
  /** Creates a file that must not exist. */
  create(path: string): Promise<number>;
  openAppend(path: string): Promise<number>;
  /** Writes all of it, in this order, at the file's position. */
  write(file: number, data: readonly Buffer[]): Promise<void>;
  truncate(file: number, length: number): Promise<void>;
  fsync(file: number): Promise<void>;
  fdatasync(file: number): Promise<void>;
  close(file: number): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Makes what was created, renamed or removed in a folder durable. */
  fsyncFolder(path: string): Promise<void>;
}

/**
 * Bytes: a write up to this size is done synchronously, which is faster than asking a thread; only fsync waits for
 * the disk.
 */
const SMALL = 64 * 1024;

const openOnce = promisify(open);
const writeSome = promisify(writev);
const syncFile = promisify(fsync);
const closeFile = promisify(close);
const makeFolder = promisify(mkdir);

/** Attempts to open a file while the process has no free descriptors, and milliseconds between them: 30 s in all. */
const TRIES = 120;
const PAUSE = 250;

/**
 * Opens a file once there is a free descriptor. Running out of descriptors is not a failure of the disk, and passes:
 * nothing was written yet, so that nothing can be lost by waiting.
 */
export async function whenThereIsRoom<T>(
  open: () => Promise<T>,
  pause: () => Promise<unknown> = () => systemClock.sleep(PAUSE),
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await open();
    } catch (error) {
      const { code } = (error instanceof PollhookError ? error.cause : error) as NodeJS.ErrnoException;
      if ((code !== 'EMFILE' && code !== 'ENFILE') || tries === TRIES) throw error;
      await pause();
    }
  }
}

function openFile(path: string, flags: string, mode?: number): Promise<number> {
  return whenThereIsRoom(() => openOnce(path, flags, mode));
}

/** Records may be personal data: only the user that runs the daemon can read them. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

export const systemDisk: Disk = {
  async mkdir(path) {
    try {
      await makeFolder(path, { mode: FOLDER_MODE });
    } catch (error) {
      if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
    }
  },
  create: (path) => openFile(path, 'wx', FILE_MODE),
  openAppend: (path) => openFile(path, 'a', FILE_MODE),
  async write(file, data) {
    let left = data;
    while (left.length > 0) {
      const small = data.reduce((sum, { length }) => sum + length, 0) <= SMALL;
      left = without(left, small ? writevSync(file, left) : (await writeSome(file, left)).bytesWritten);
    }
  },
  truncate: promisify(ftruncate),
  fsync: syncFile,
  fdatasync: promisify(fdatasync),
  close: closeFile,
  rename: promisify(rename),
  unlink: promisify(unlink),
  async fsyncFolder(path) {
    // Windows cannot open folders; its file systems journal names by themselves.
    if (process.platform === 'win32') return;
    const folder = await openFile(path, 'r');
    try {
      await syncFile(folder);
    } finally {
      await closeFile(folder);
    }
  },
};

/** The data after the first `bytes`: a nearly full disk may accept only a part of a write. */
function without(data: readonly Buffer[], bytes: number): readonly Buffer[] {
  let written = bytes;
  for (const [index, part] of data.entries()) {
    if (written < part.length) return [part.subarray(written), ...data.slice(index + 1)];
    written -= part.length;
  }
  return [];
}
