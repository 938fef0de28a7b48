import type { DatabaseSync } from 'node:sqlite';
import type { StateReader } from '../contract.ts';
import { createAccess } from './access.ts';
import { damagedDatabase, readFailure } from './failures.ts';
import { firstColumn, openToRead, problemsOfFiles, sizeOf } from './inspect.ts';
import { locationOf } from './location.ts';
import { createMemos } from './memos.ts';
import { allNotes } from './notes.ts';
import { MIGRATIONS, requireKnown } from './schema.ts';
import { createSnapshots } from './snapshots.ts';
import { createWebhooks } from './webhooks.ts';

/** Opens a file for reading, without its lock. Null if there is no state; throws STATE_… if it cannot be trusted. */
export async function readSqliteState(path: string): Promise<StateReader | null> {
  const opened = await openKnown(path);
  if (!opened) return null;
  const { file, database } = opened;
  try {
    const access = createAccess(database, file, () => {});
    const snapshots = createSnapshots(database, access);
    const memos = createMemos(database);
    const webhooks = createWebhooks(database);
    return {
      identity: String(database.prepare('SELECT identity FROM state').get()?.identity),
      sources: async () => access.read(snapshots.states),
      source: async (name) => access.read(() => snapshots.state(name)),
      digests: snapshots.digests,
      values: snapshots.values,
      notes: async () => access.read(() => allNotes(database)),
      memos: async () => access.read(memos.all),
      webhooks: async () => access.read(webhooks.states),
      backlog: async () => access.read(webhooks.backlog),
      async [Symbol.asyncDispose]() {
        database.close();
      },
    };
  } catch (error) {
    database.close();
    throw readFailure(file, error);
  }
}

/** Names of all sources in a file, even if it is damaged otherwise; null if there is no state. */
export async function sourcesInFile(path: string): Promise<string[] | null> {
  const opened = await openKnown(path);
  if (!opened) return null;
  const { file, database } = opened;
  try {
    return firstColumn(database, 'SELECT name FROM sources ORDER BY name', Number.POSITIVE_INFINITY);
  } catch (error) {
    throw readFailure(file, error);
  } finally {
    database.close();
  }
}

async function openKnown(path: string): Promise<{ file: string; database: DatabaseSync } | null> {
  let file = path;
  try {
    if ((await sizeOf(path)) === null) return null;
    file = await locationOf(path);
    const [problem] = await problemsOfFiles(file);
    if (problem) throw damagedDatabase(problem.file, problem.problem);
    const database = await openToRead(file);
    try {
      requireKnown(database, file, MIGRATIONS);
      return { file, database };
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    throw readFailure(file, error);
  }
}
