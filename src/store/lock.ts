import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { messageOf, PollhookError } from '../errors.ts';
import { BUSY, NOTADB, resultOf } from './result-code.ts';

export interface Lock extends AsyncDisposable {
  release(): Promise<void>;
}

/**
 * Takes the exclusive lock at `path`, or rejects at once with STATE_LOCKED that names the holder.
 *
 * Node has no flock, but SQLite locks files with the operating system's own locks. An empty database in which a write
 * transaction stays open is therefore a lock that two processes never share, containers on one volume included, and
 * that the kernel releases with the process, whatever ended it: no process ids to compare, nothing to wait for,
 * nothing stale. Nothing is ever written to it. BEGIN IMMEDIATE, because of two processes that begin EXCLUSIVE at
 * once both may fail. A process must not open and close the file by other means: POSIX drops its locks then. So who
 * holds the lock is told in a file of its own, `path.json`.
 */
export async function acquireLock(path: string): Promise<Lock> {
  const database = openDatabase(path);
  const holder = `${path}.json`;
  try {
    // Without a journal in memory SQLite would create one beside the file.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE');
  } catch (error) {
    database.close();
    throw resultOf(error) === BUSY
      ? new PollhookError('STATE_LOCKED', `${path}: the state is in use by ${await describe(holder)}`)
      : unavailable(path, error);
  }
  try {
    await announce(holder);
  } catch (error) {
    database.close();
    throw unavailable(holder, error);
  }
  let released = false;
  const release = async () => {
    if (released) return;
    released = true;
    await rm(holder, { force: true }).catch(() => undefined);
    database.close();
  };
  return { release, [Symbol.asyncDispose]: release };
}

function openDatabase(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: 0 });
  } catch (error) {
    throw unavailable(path, error);
  }
}

/** Writes who holds the lock; by rename, so that nobody reads half of it. */
async function announce(holder: string): Promise<void> {
  const temporary = `${holder}.${randomBytes(6).toString('hex')}.tmp`;
  const text = JSON.stringify({ pid: process.pid, host: hostname(), since: new Date().toISOString() });
  try {
    await writeFile(temporary, `${text}\n`, { flag: 'wx', mode: 0o600 });
    await rename(temporary, holder);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Describes the holder for people; one that has just started may not have written its file yet. */
async function describe(holder: string): Promise<string> {
  try {
    const { pid, host, since } = JSON.parse(await readFile(holder, 'utf8'));
    return `process ${pid} on ${host} since ${since}`;
  } catch {
    return 'another process';
  }
}

function unavailable(path: string, error: unknown): PollhookError {
  const reason =
    resultOf(error) === NOTADB
      ? `${basename(path)} is not a lock of pollhook: remove it if nothing uses it`
      : `cannot be locked (${messageOf(error)}); the file system must support locks, and this user must be able to write`;
  return new PollhookError('STATE_UNAVAILABLE', `${path}: ${reason}`, { cause: error });
}
