import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
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

  let closing: Promise<void> | null = null;
  async function end(): Promise<void> {
    try {
      await notes.close();
      await access.end();
      database.close();
    } finally {
      await lock.release();
    }
  }
  const close = () => {
    closing ??= end();
    return closing;
  };

  return {
    identity,
    interrupted,
    sources: async () => access.read(snapshots.states),
    source: async (name) => access.read(() => snapshots.state(name)),
    digests: snapshots.digests,
    values: snapshots.values,
    async commit(commit) {
      const older = notes.take(commit.source);
      let result: 'committed' | 'conflict' | null = null;
      try {
        result = await access.write(() => apply(commit));
        return result;
      } finally {
        if (result !== 'committed' && older) notes.restore(commit.source, older);
      }
    },
    note: notes.note,
    notes: async () => access.read(notes.all),
    async reset(source) {
      notes.take(source);
      await access.write(() => snapshots.reset(source));
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
}
