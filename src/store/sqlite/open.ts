import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { SourceState } from '../../model.ts';
import { closable } from '../closable.ts';
import type { Commit, Store, StoreOptions } from '../contract.ts';
import { acquireLock, type Lock } from '../lock.ts';
import { type Access, createAccess } from './access.ts';
import { readFailure } from './failures.ts';
import { openDatabase } from './file.ts';
import { createHistory } from './history.ts';
import { locationOf } from './location.ts';
import { createNotes } from './notes.ts';
import { createOutbox } from './outbox.ts';
import { createRetention } from './retention.ts';
import { createSnapshots } from './snapshots.ts';
import { createWebhooks } from './webhooks.ts';

/**
 * Opens the state in an SQLite file, made if it is missing; `FILE.lock` keeps other processes out.
 *
 * @throws STATE_LOCKED, STATE_DAMAGED, STATE_VERSION, STATE_UNAVAILABLE
 */
export async function openSqliteStore(path: string, options: StoreOptions): Promise<Store> {
  let file = path;
  try {
    await mkdir(dirname(path), { recursive: true });
    file = await locationOf(path);
    const lock = await acquireLock(`${file}.lock`);
    try {
      const database = await openDatabase(file, options.clock.now());
      return await createStore(database, lock, file, options);
    } catch (error) {
      await lock.release();
      throw error;
    }
  } catch (error) {
    throw readFailure(file, error);
  }
}

async function createStore(
  database: DatabaseSync,
  lock: Lock,
  file: string,
  { clock, onFatal }: StoreOptions,
): Promise<Store> {
  const access: Access = createAccess(database, file, onFatal);
  const snapshots = createSnapshots(database, access);
  const notes = createNotes(database, access, clock);
  const webhooks = createWebhooks(database);
  const outbox = createOutbox(database, webhooks);
  const history = createHistory(database);
  const retention = createRetention(database, webhooks);
  const advance = database.prepare(
    'UPDATE sources SET version = version + 1, sequence = sequence + ?, records = ?, progress = ? WHERE id = ?',
  );
  const identity = String(database.prepare('SELECT identity FROM state').get()?.identity);
  const interrupted = await access.write(() => outbox.interrupt());

  /** Where sources stand: asked at every poll, changed by commits and resets of this process alone. */
  const heads = new Map<string, SourceState>();

  function apply(commit: Commit): 'committed' | 'conflict' {
    const { source, expected, difference, progress, events, note } = commit;
    const stored = snapshots.source(source);
    if (expected !== (stored?.version ?? 0)) return 'conflict';
    const row = stored ?? snapshots.add(source);
    for (const [index, event] of events.entries()) {
      const next = row.sequence + index + 1;
      if (event.source !== source || event.sequence !== next) {
        throw new Error(`event ${event.id}: ${event.source} ${event.sequence} is not ${source} ${next}`);
      }
    }
    const records = snapshots.apply(row, difference);
    advance.run(events.length, records, JSON.stringify(progress), row.id);
    outbox.add(row.id, commit, clock.now());
    notes.set(source, note);
    return 'committed';
  }

  // Not after a failure: to close the database would ask for another fsync.
  async function close(): Promise<void> {
    await notes.close();
    await access.end();
    database.close();
  }

  const store: Store = {
    identity,
    interrupted,
    sources: async () => access.read(snapshots.states),
    async source(name) {
      const known = heads.get(name) ?? access.read(() => snapshots.state(name));
      if (known) heads.set(name, known);
      return known;
    },
    digests: snapshots.digests,
    values: snapshots.values,
    async commit(commit) {
      const older = notes.take(commit.source);
      let result: 'committed' | 'conflict' | null = null;
      try {
        heads.delete(commit.source);
        result = await access.write(() => apply(commit));
        return result;
      } finally {
        heads.delete(commit.source);
        if (result !== 'committed' && older) notes.restore(commit.source, older);
      }
    },
    note: notes.note,
    notes: async () => access.read(notes.all),
    async reset(source) {
      notes.take(source);
      await access.write(() => snapshots.reset(source));
      heads.delete(source);
    },
    claim: (request) => access.write(() => outbox.claim(request, clock.now())),
    settle: (settlements, states = []) =>
      access.write(() => {
        outbox.settle(settlements, clock.now());
        for (const state of states) webhooks.setState(state);
      }),
    webhooks: async () => access.read(webhooks.states),
    backlog: async () => access.read(webhooks.backlog),
    deliveries: async (query) => access.read(() => history.deliveries(query)),
    attempts: async (delivery) => access.read(() => history.attempts(delivery)),
    retain: (limits) => access.write(() => retention.retain(limits)),
    close,
    [Symbol.asyncDispose]: close,
  };
  return closable(store, access.check, lock.release);
}
