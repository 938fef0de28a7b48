import { readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

/**
 * The real path of a file, with links resolved: two names would have two locks, and SQLite keeps its log beside the
 * file itself. The file need not exist, its folder must.
 */
export async function locationOf(file: string): Promise<string> {
  const there = await ifAny(realpath(file));
  if (there !== null) return there;
  const folder = await realpath(dirname(file));
  const target = await ifAny(readlink(file));
  return target === null ? join(folder, basename(file)) : locationOf(resolve(folder, target));
}

/** The path; null if it does not exist or is not a link: another process may create the file in between. */
async function ifAny(name: Promise<string>): Promise<string | null> {
  return name.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || (error.code === 'EINVAL' && error.syscall === 'readlink')) return null;
    throw error;
  });
}
