import { dirname } from 'node:path';
import { PollhookError } from '../../errors.ts';
import { makeFolder } from '../folders.ts';
import { acquireLock } from '../lock.ts';
import type { Draft, Original, Piece } from '../pieces.ts';
import { compose } from './compose.ts';
import { damagedDatabase, readFailure, unavailable, writeFailure } from './failures.ts';
import { build, discard, examine, publish } from './file.ts';
import { openToRead, sizeOf } from './inspect.ts';
import { locationOf } from './location.ts';
import { piecesIn } from './pieces.ts';
import { verifySqlite } from './verify.ts';

/**
 * Locks the state in a file, to be copied. Throws STATE_UNAVAILABLE if there is none, STATE_LOCKED while it is in
 * use.
 */
export async function openSqliteOriginal(path: string): Promise<Original> {
  if ((await sizeOf(path)) === null) throw unavailable(path, 'there is no state here');
  const file = await locationOf(path);
  const lock = await acquireLock(`${file}.lock`);
  return { pieces: () => read(file), [Symbol.asyncDispose]: lock.release };
}

/** Begins a state under a free name; remains of an interrupted copy are removed. */
export async function openSqliteDraft(file: string): Promise<Draft> {
  await requireFree(file);
  await writing(file, () => makeFolder(dirname(file)));
  const lock = await acquireLock(`${file}.lock`);
  let unfinished = '';
  return {
    async write(pieces) {
      await requireFree(file);
      unfinished = `${file}.new`;
      unfinished = await writing(file, () => build(file, (database) => compose(database, pieces)));
    },
    pieces: () => read(unfinished),
    async publish() {
      await writing(file, () => publish(unfinished, file));
      unfinished = '';
    },
    async [Symbol.asyncDispose]() {
      if (unfinished !== '') await discard(unfinished);
      await lock.release();
    },
  };
}

/**
 * The pieces of a database, which is verified first, consistency between rows included: a copy would lack what damage
 * hides.
 */
async function* read(file: string): AsyncGenerator<Piece> {
  try {
    await examine(file);
    const [problem] = await verifySqlite(file);
    if (problem) throw damagedDatabase(problem.file, problem.problem);
    using database = await openToRead(file);
    yield* piecesIn(database);
  } catch (error) {
    throw readFailure(file, error);
  }
}

async function requireFree(file: string): Promise<void> {
  if ((await sizeOf(file)) === null) return;
  throw new PollhookError('USAGE', `${file}: is there already; name a file that does not exist`);
}

async function writing<T>(file: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw error instanceof Error && ('errcode' in error || 'syscall' in error)
      ? writeFailure(file, error)
      : error;
  }
}
