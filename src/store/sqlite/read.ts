import type { DatabaseSync } from 'node:sqlite';
import type { StateReader } from '../contract.ts';
import { createAccess } from './access.ts';
import { damaged, readFailure } from './failures.ts';
import { firstColumn, openToRead, problemsOfFiles, sizeOf } from './inspect.ts';
import { allNotes } from './notes.ts';
import { MIGRATIONS, requireKnown } from './schema.ts';
import { createSnapshots } from './snapshots.ts';
import { createWebhooks } from './webhooks.ts';

/** Looks at a file without taking its lock. Null if there is no state; throws STATE_… if it cannot be trusted. */
export async function readSqliteState(file: string): Promise<StateReader | null> {
  const database = await openKnown(file);
  if (!database) return null;
  try {
    const access = createAccess(database, file, () => {});
    const snapshots = createSnapshots(database, access);
    const webhooks = createWebhooks(database);
    return {
      identity: String(database.prepare('SELECT identity FROM state').get()?.identity),
      sources: async () => access.read(snapshots.states),
      source: async (name) => access.read(() => snapshots.state(name)),
      digests: snapshots.digests,
      values: snapshots.values,
      notes: async () => access.read(() => allNotes(database)),
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

/** Names of all sources in a file, whatever else their rows say; null if there is no state. */
export async function sourcesInFile(file: string): Promise<string[] | null> {
  const database = await openKnown(file);
  if (!database) return null;
  try {
    return firstColumn(database, 'SELECT name FROM sources ORDER BY name', Number.POSITIVE_INFINITY);
  } catch (error) {
    throw readFailure(file, error);
  } finally {
    database.close();
  }
}

async function openKnown(file: string): Promise<DatabaseSync | null> {
  try {
    if ((await sizeOf(file)) === null) return null;
    const [problem] = await problemsOfFiles(file);
    if (problem) throw damaged(problem.file, problem.problem);
    const database = await openToRead(file);
    try {
      requireKnown(database, file, MIGRATIONS);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    throw readFailure(file, error);
  }
}
