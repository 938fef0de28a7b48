import { open, stat } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { APPLICATION_ID, AS_CURRENT, MIGRATIONS, versionOf } from './schema.ts';
import { walProblem } from './wal.ts';

/** https://sqlite.org/fileformat2.html#the_database_header */
const MAGIC = 'SQLite format 3\0';
const HEADER = 100;
const PAGE_SIZE_AT = 16;
const LARGEST_PAGE = 65_536;
const APPLICATION_ID_AT = 68;

/** Something wrong with one of the files of a state. */
export interface Problem {
  readonly file: string;
  readonly problem: string;
}

/**
 * Problems of the files themselves, before SQLite opens them. Not for a process that has the database open: closing
 * the file outside of SQLite drops its locks.
 */
export async function problemsOfFiles(file: string): Promise<Problem[]> {
  const found: Problem[] = [];
  const header = await headerProblem(file);
  if (header) found.push({ file, problem: header });
  const wal = await walProblem(`${file}-wal`);
  if (wal) found.push({ file: `${file}-wal`, problem: wal });
  return found;
}

/** A problem of the file header. An empty file is damaged, because ours get their name only when they are complete. */
async function headerProblem(file: string): Promise<string | null> {
  await using handle = await open(file);
  const header = Buffer.alloc(HEADER);
  const { bytesRead } = await handle.read(header, 0, HEADER, 0);
  if (bytesRead === 0) return 'the file is empty';
  if (bytesRead < HEADER || header.toString('latin1', 0, MAGIC.length) !== MAGIC)
    return 'is not an SQLite database';
  if (header.readUInt32BE(APPLICATION_ID_AT) !== APPLICATION_ID)
    return 'is a database of another application';
  // A power cut may tear the last page while the log is being merged; the log still has it then.
  const pageSize = header.readUInt16BE(PAGE_SIZE_AT);
  const rest = ((await sizeOf(file)) ?? 0) % (pageSize === 1 ? LARGEST_PAGE : pageSize);
  return rest === 0 || (await sizeOf(`${file}-wal`)) ? null : 'its end is cut off';
}

/** A read-only connection. A writing one would merge the write-ahead log into the file when it is closed. */
export async function openToRead(file: string): Promise<DatabaseSync> {
  const location = pathToFileURL(file);
  // Without a log nothing is open or left over; SQLite would make one for a mere reader, unless told that all stands still.
  if ((await sizeOf(`${file}-wal`)) === null) location.searchParams.set('immutable', '1');
  const database = new DatabaseSync(location, { readOnly: true });
  try {
    showAsCurrent(database);
    return database;
  } catch {
    // What cannot be read of it, whoever examines it will find and name.
    return database;
  }
}

/**
 * Shows an older format, which a reader must not migrate, as the current one, through temporary tables and views over
 * its own.
 */
function showAsCurrent(database: DatabaseSync): void {
  const version = versionOf(database);
  if (version === 0 || version >= MIGRATIONS.length) return;
  database.exec(`PRAGMA temp_store = MEMORY; ${AS_CURRENT.slice(version - 1).join('')}`);
}

/** The first column of at most `most` rows. */
export function firstColumn(database: DatabaseSync, query: string, most: number): string[] {
  const found: string[] = [];
  for (const row of database.prepare(query).iterate()) {
    found.push(String(Object.values(row)[0]));
    if (found.length === most) break;
  }
  return found;
}

/** In bytes; null if there is no such file. */
export async function sizeOf(path: string): Promise<number | null> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return found?.size ?? null;
}
