import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { SourceState } from '../../model.ts';
import { closable } from '../closable.ts';
import type { Store, StoreOptions } from '../contract.ts';
import { makeFolder } from '../folders.ts';
import { acquireLock, type Lock } from '../lock.ts';
import { type Access, createAccess } from './access.ts';
import { createArchive } from './archive.ts';
import { createClaims } from './claims.ts';
import { createCommits } from './commits.ts';
import { readFailure } from './failures.ts';
import { openDatabase } from './file.ts';
import { createInterventions } from './interventions.ts';
import { locationOf } from './location.ts';
import { createMemos } from './memos.ts';
import { createNotes } from './notes.ts';
import { createOutbox } from './outbox.ts';
import { createRetention } from './retention.ts';
import { createSnapshots } from './snapshots.ts';
import { createStreams } from './streams.ts';
import { createWebhooks } from './webhooks.ts';

/**
 * Opens the state in an SQLite file, made if it is missing; `FILE.lock` keeps other processes out.
 *
 * @throws STATE_LOCKED, STATE_DAMAGED, STATE_VERSION, STATE_UNAVAILABLE
 */
export async function openSqliteStore(path: string, options: StoreOptions): Promise<Store> {
  let file = path;
  try {
    await makeFolder(dirname(path));
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
  const webhooks = createWebhooks(database);
  const access: Access = createAccess(database, file, onFatal, () => webhooks.forget());
  const snapshots = createSnapshots(database, access);
  const notes = createNotes(database, access, clock);
  const streams = createStreams(database);
  const outbox = createOutbox(database, webhooks, streams);
  const claim = createClaims(database, webhooks, streams, outbox);
  const interventions = createInterventions(database, webhooks, streams, outbox);
  const archive = createArchive(database);
  const memos = createMemos(database);
  const retention = createRetention(database, webhooks);
  const writeCommit = createCommits(database, { access, snapshots, outbox, notes, clock });
  const identity = String(database.prepare('SELECT identity FROM state').get()?.identity);
  const interrupted = await access.write(() => outbox.interrupt());

  /** Where sources stand: asked at every poll, changed by commits and resets of this process alone. */
  const heads = new Map<string, SourceState>();

  async function rename(from: string, to: string): Promise<'renamed' | 'absent' | 'occupied'> {
    const unwritten = [from, to].map((name) => [name, notes.take(name)] as const);
    const [, newer] = unwritten[0] ?? [];
    const result = await access.write(() => {
      const renamed = snapshots.rename(from, to);
      if (renamed === 'renamed' && newer) notes.set(to, newer);
      return renamed;
    });
    for (const [name, note] of unwritten) {
      heads.delete(name);
      if (note && result !== 'renamed') notes.restore(name, note);
    }
    return result;
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
      const known = heads.get(name);
      if (known) return known;
      return access.read(() => {
        const state = snapshots.state(name);
        if (state) heads.set(name, state);
        return state;
      });
    },
    digests: snapshots.digests,
    values: snapshots.values,
    async commit(commit) {
      const older = notes.take(commit.source);
      let result: 'committed' | 'conflict' | null = null;
      try {
        heads.delete(commit.source);
        result = await writeCommit(commit);
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
    rename,
    remember: (name, value) => access.write(() => memos.set(name, value)),
    memos: async () => access.read(memos.all),
    claim: (request) => access.write(() => claim(request, clock.now())),
    settle: (settlements, states = []) =>
      access.write(() => {
        outbox.settle(settlements, clock.now());
        for (const state of states) webhooks.setState(state);
      }),
    webhooks: async () => access.read(webhooks.states),
    backlog: async () => access.read(webhooks.backlog),
    revive: (ids) => access.write(() => interventions.revive(ids, clock.now())),
    drop: (ids) => access.write(() => interventions.drop(ids, clock.now())),
    requeue: (request) => access.write(() => interventions.requeue(request, clock.now())),
    event: async (id) => access.read(() => archive.event(id)),
    events: async (query) => access.read(() => archive.events(query)),
    delivery: async (id) => access.read(() => archive.delivery(id)),
    deliveries: async (query) => access.read(() => archive.deliveries(query)),
    attempts: async (delivery) => access.read(() => archive.attempts(delivery)),
    retain: (limits) => access.write(() => retention.retain(limits)),
    close,
    [Symbol.asyncDispose]: close,
  };
  return closable(store, access.check, lock.release);
}
