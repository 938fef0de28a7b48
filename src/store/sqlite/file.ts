import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { damagedDatabase, unavailable } from './failures.ts';
import { firstColumn, openToRead, problemsOfFiles, sizeOf } from './inspect.ts';
import { APPLICATION_ID, MIGRATIONS, migrate, requireKnown, versionOf } from './schema.ts';

/** Bytes to which the write-ahead log is truncated after a large commit. */
const WAL_LIMIT = 16 * 2 ** 20;
/** Page cache in KiB: the operating system caches the file anyway. */
const CACHE = 512;

/** Opens the database, creating it if there is no file; the caller holds the lock. */
export async function openDatabase(file: string, created: number): Promise<DatabaseSync> {
  if ((await sizeOf(file)) === null) await create(file, created);
  else await examine(file);
  const database = connect(file);
  try {
    migrate(database, file, MIGRATIONS);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Throws if the file cannot be trusted, and leaves it as it is. */
export async function examine(file: string): Promise<void> {
  const [first] = await problemsOfFiles(file);
  if (first) throw damagedDatabase(first.file, first.problem);
  using database = await openToRead(file);
  const [checked = ''] = firstColumn(database, 'PRAGMA quick_check(1)', 1);
  if (checked !== 'ok') throw damagedDatabase(file, checked.replaceAll(/\s+/g, ' '));
  if (versionOf(database) === 0) throw damagedDatabase(file, 'its tables were never made');
  requireKnown(database, file, MIGRATIONS);
}

/**
 * Creates a database under a temporary name, and renames it once it is complete and on disk, so that a kill leaves no
 * partial state.
 */
async function create(file: string, created: number): Promise<void> {
  const unfinished = await build(file, (database) => {
    database.prepare('INSERT INTO state VALUES (?, ?)').run(randomBytes(16).toString('hex'), created);
  });
  await publish(unfinished, file);
}

/** Creates and fills a database under a temporary name, which is returned once it is on disk. */
export async function build(
  file: string,
  fill: (database: DatabaseSync) => void | Promise<void>,
): Promise<string> {
  if (await sizeOf(`${file}-wal`))
    throw damagedDatabase(file, 'the file is missing, but its -wal file is there');
  const unfinished = `${file}.new`;
  await discard(unfinished);
  await (await open(unfinished, 'wx', 0o600)).close();
  const database = new DatabaseSync(unfinished);
  try {
    database.exec(`
      PRAGMA auto_vacuum = INCREMENTAL;
      PRAGMA application_id = ${APPLICATION_ID};
      PRAGMA journal_mode = WAL;`);
    migrate(database, unfinished, MIGRATIONS);
    await fill(database);
  } finally {
    database.close();
  }
  await sync(unfinished);
  return unfinished;
}

export async function publish(unfinished: string, file: string): Promise<void> {
  await rename(unfinished, file);
  await sync(dirname(file));
}

/** Removes an unpublished database. */
export async function discard(unfinished: string): Promise<void> {
  for (const suffix of ['', '-wal', '-shm', '-journal']) await rm(`${unfinished}${suffix}`, { force: true });
}

/**
 * Connects with WAL and FULL, which lose nothing that was acknowledged. A foreign writer is an error, since the lock
 * is ours.
 */
function connect(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: 0, enableForeignKeyConstraints: false });
  try {
    const mode = database.prepare('PRAGMA journal_mode = WAL').get()?.journal_mode;
    if (mode !== 'wal') throw unavailable(file, 'the file system cannot hold a write-ahead log');
    database.exec(`
      PRAGMA synchronous = FULL;
      PRAGMA fullfsync = ON;
      PRAGMA journal_size_limit = ${WAL_LIMIT};
      PRAGMA cache_size = -${CACHE};
      PRAGMA cell_size_check = ON;
      PRAGMA temp_store = MEMORY;`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

async function sync(path: string): Promise<void> {
  await using handle = await open(path);
  await handle.sync();
}
