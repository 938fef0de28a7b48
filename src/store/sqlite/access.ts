import type { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PollhookError } from '../../errors.ts';
import { isRefusal, readFailure, writeFailure } from './failures.ts';

/**
 * All access to the database: writes run in groups, reads between them. After a failed write everything rejects with
 * that failure.
 */
export interface Access {
  /** Throws if a write has failed. */
  check(): void;
  /** At once, unless a long write is under way: nobody sees what is not committed. */
  read<T>(job: () => T): Promise<T>;
  /**
   * Runs the job in a transaction and resolves when that is durable. All jobs of one turn of the event loop share one
   * transaction, hence one fsync. A job may run a second time, so it changes nothing but the database.
   */
  write<T>(job: () => T): Promise<T>;
  /**
   * The same for a job that takes long: in a transaction of its own, and wherever the job yields the event loop has a
   * turn. Other reads and writes wait for its end.
   */
  writeLong<T>(job: () => Generator<void, T>): Promise<T>;
  /** Refuses new calls and resolves when the last write is done. */
  end(): Promise<void>;
}

interface Waiting {
  /** Runs the job; what it returns tells the caller, once the transaction is durable. */
  run(): () => void;
  reject(error: unknown): void;
}

export function createAccess(
  database: DatabaseSync,
  file: string,
  onFatal: (error: PollhookError) => void,
  onRollback: () => void = () => undefined,
): Access {
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  let waiting: Waiting[] = [];
  let failed: PollhookError | null = null;
  let ended = false;
  /** The long write that is under way. */
  let long: Promise<void> | null = null;

  function check(): void {
    if (failed) throw failed;
  }

  function refuse(): void {
    check();
    if (ended) throw new Error(`${file}: the state is closed`);
  }

  function transact(group: readonly Waiting[]): void {
    try {
      if (failed) throw failed;
      begin.run();
      const tell = group.map((one) => one.run());
      commit.run();
      for (const one of tell) one();
    } catch (error) {
      const refused = isRefusal(error) && rollBack();
      // Only the caller that was wrong is told so: the others' jobs run again, each on its own.
      if (refused && group.length > 1) for (const one of group) transact([one]);
      else for (const one of group) one.reject(refused ? error : fail(error));
    }
  }

  /** False if that failed too. */
  function rollBack(): boolean {
    try {
      if (database.isTransaction) database.exec('ROLLBACK');
      onRollback();
      return failed === null;
    } catch {
      return false;
    }
  }

  function fail(error: unknown): PollhookError {
    if (failed) return failed;
    failed = writeFailure(file, error);
    rollBack();
    onFatal(failed);
    return failed;
  }

  function flush(): void {
    if (long) return;
    const group = waiting;
    waiting = [];
    if (group.length > 0) transact(group);
  }

  async function transactLong<T>(job: () => Generator<void, T>): Promise<T> {
    try {
      check();
      begin.run();
      const steps = job();
      let step = steps.next();
      for (; !step.done; step = steps.next()) await nextTurn();
      commit.run();
      return step.value;
    } catch (error) {
      throw isRefusal(error) && rollBack() ? error : fail(error);
    }
  }

  function write<T>(job: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      refuse();
      if (waiting.length === 0) setImmediate(flush);
      const run = () => {
        const result = job();
        return () => resolve(result);
      };
      waiting.push({ run, reject });
    });
  }

  return {
    check,
    async read(job) {
      refuse();
      while (long) await long;
      check();
      try {
        return job();
      } catch (error) {
        throw readFailure(file, error);
      }
    },
    write,
    async writeLong(job) {
      refuse();
      while (long) await long;
      // What was asked for before comes first.
      flush();
      const over = Promise.withResolvers<void>();
      long = over.promise;
      try {
        return await transactLong(job);
      } finally {
        long = null;
        over.resolve();
        setImmediate(flush);
      }
    },
    async end() {
      if (ended) return;
      const last = write(() => undefined);
      ended = true;
      await last;
    },
  };
}
