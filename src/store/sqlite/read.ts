import type { StateReader } from '../contract.ts';
import { createAccess } from './access.ts';
import { damaged, readFailure } from './failures.ts';
import { openToRead, problemsOfFiles, sizeOf } from './inspect.ts';
import { allNotes } from './notes.ts';
import { MIGRATIONS, requireKnown } from './schema.ts';
import { createSnapshots } from './snapshots.ts';

/** Looks at a file without taking its lock. Null if there is no state; throws STATE_… if it cannot be trusted. */
export async function readSqliteState(file: string): Promise<StateReader | null> {
  if ((await sizeOf(file)) === null) return null;
  const [problem] = await problemsOfFiles(file);
  if (problem) throw damaged(problem.file, problem.problem);
  try {
    const database = await openToRead(file);
    requireKnown(database, file, MIGRATIONS);
    const access = createAccess(database, file, () => {});
    const snapshots = createSnapshots(database, access);
    return {
      identity: String(database.prepare('SELECT identity FROM state').get()?.identity),
      sources: async () => access.read(snapshots.states),
      source: async (name) => access.read(() => snapshots.state(name)),
      digests: snapshots.digests,
      values: snapshots.values,
      notes: async () => access.read(() => allNotes(database)),
      async [Symbol.asyncDispose]() {
        database.close();
      },
    };
  } catch (error) {
    throw readFailure(file, error);
  }
}
