import type { DatabaseSync } from 'node:sqlite';
import { PollhookError } from '../../errors.ts';

/** In the header of every database of ours (https://sqlite.org/fileformat2.html#application_id): `polh`. */
export const APPLICATION_ID = 0x706f6c68;

/**
 * Digests are stored apart from texts, so that comparing a snapshot reads no values. Pending deliveries have a small
 * row in `outbox`: `deliveries` and `events` grow with history, and nothing that runs often depends on their size.
 * Texts that may hold any string are encoded (text.ts). Times are Unix milliseconds.
 */
const FIRST = `
CREATE TABLE state (
  identity TEXT NOT NULL,
  created REAL NOT NULL
) STRICT;

CREATE TABLE sources (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  version INTEGER NOT NULL DEFAULT 0,   -- never goes back, not even by a reset
  sequence INTEGER NOT NULL DEFAULT 0,
  records INTEGER NOT NULL DEFAULT 0,
  progress TEXT,                        -- JSON; null before the first commit and after a reset
  note TEXT                             -- JSON
) STRICT;

CREATE TABLE digests (
  source INTEGER NOT NULL,
  key TEXT NOT NULL,
  digest TEXT NOT NULL,
  text INTEGER NOT NULL,
  PRIMARY KEY (source, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE texts (
  id INTEGER PRIMARY KEY,
  text TEXT NOT NULL
) STRICT;

CREATE TABLE events (
  position INTEGER PRIMARY KEY,         -- order of commits
  id TEXT NOT NULL UNIQUE,
  source INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  key TEXT,
  change TEXT NOT NULL,
  type TEXT NOT NULL,
  timestamp REAL NOT NULL,
  created REAL NOT NULL,
  body TEXT NOT NULL
) STRICT;

CREATE TABLE webhooks (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  ordering TEXT NOT NULL DEFAULT 'key', -- what the streams of its outbox stand for
  pending INTEGER NOT NULL DEFAULT 0,
  dead INTEGER NOT NULL DEFAULT 0,
  state TEXT                            -- JSON
) STRICT;

CREATE TABLE deliveries (
  position INTEGER PRIMARY KEY,         -- order of commits
  id TEXT NOT NULL UNIQUE,
  event INTEGER NOT NULL,
  source INTEGER NOT NULL,
  webhook INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'pending',
  attempts INTEGER NOT NULL DEFAULT 0,  -- this and the rest: once settled; before, the outbox counts
  steps INTEGER NOT NULL DEFAULT 0,
  next REAL NOT NULL DEFAULT 0,
  status INTEGER
) STRICT;
CREATE INDEX deliveries_event ON deliveries (event);
CREATE INDEX deliveries_dead ON deliveries (position) WHERE state = 'dead';

CREATE TABLE outbox (
  webhook INTEGER NOT NULL,
  position INTEGER NOT NULL,
  stream TEXT NOT NULL,
  place INTEGER NOT NULL,               -- 0 waits behind others, 1 head of its stream, 2 claimed
  attempts INTEGER NOT NULL DEFAULT 0,
  steps INTEGER NOT NULL DEFAULT 0,
  next REAL NOT NULL,
  status INTEGER,
  claimed REAL,
  PRIMARY KEY (webhook, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_stream ON outbox (webhook, stream, position);
CREATE INDEX outbox_due ON outbox (webhook, next, position) WHERE place = 1;
CREATE INDEX outbox_claimed ON outbox (webhook, stream) WHERE place = 2;

CREATE TABLE attempts (
  delivery INTEGER NOT NULL,
  number INTEGER NOT NULL,
  at REAL NOT NULL,
  outcome TEXT NOT NULL,
  status INTEGER,
  duration REAL NOT NULL,
  error TEXT,
  answer TEXT,
  PRIMARY KEY (delivery, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE finished (
  event INTEGER PRIMARY KEY,
  dead INTEGER NOT NULL,                -- 1: at least one of its deliveries is
  at REAL NOT NULL
) STRICT;
CREATE INDEX finished_at ON finished (dead, at);
`;

/**
 * Lists of events and deliveries have an index for each of their filters, but for the states that most deliveries have.
 * Null in a lineage is the source's own id.
 */
const SECOND = `
CREATE TABLE memos (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL                   -- JSON
) STRICT, WITHOUT ROWID;

-- What the records of a source, and the streams of what it owes, stand under: it goes with them to another name.
ALTER TABLE sources ADD COLUMN lineage INTEGER;
ALTER TABLE events ADD COLUMN lineage INTEGER;
ALTER TABLE deliveries ADD COLUMN batch TEXT;
ALTER TABLE outbox ADD COLUMN batch TEXT;
ALTER TABLE outbox ADD COLUMN requeued INTEGER NOT NULL DEFAULT 0;

DROP INDEX outbox_due;
CREATE INDEX outbox_due ON outbox (webhook, requeued, next, position) WHERE place = 1;
CREATE INDEX outbox_batch ON outbox (webhook, batch) WHERE batch IS NOT NULL;
CREATE INDEX events_created ON events (created);
CREATE INDEX events_source ON events (source);
CREATE INDEX events_type ON events (type);
CREATE INDEX deliveries_webhook ON deliveries (webhook);
DROP INDEX deliveries_dead;
-- Not by IN, for which SQLite would build a table whenever a row is written.
CREATE INDEX deliveries_undelivered ON deliveries (state) WHERE state <> 'pending' AND state <> 'delivered';
CREATE INDEX deliveries_undelivered_to ON deliveries (webhook, state) WHERE state <> 'pending' AND state <> 'delivered';
`;

/** Step n migrates version n to n + 1. Released steps are never edited; new ones are added. */
export const MIGRATIONS: readonly string[] = [FIRST, SECOND];

/**
 * For each version but the last, statements that make it look like the next one to a read-only connection; without
 * indexes.
 */
export const AS_CURRENT: readonly string[] = [
  `CREATE TEMP TABLE memos (name TEXT, value TEXT);
   CREATE TEMP TABLE sources AS SELECT *, NULL AS lineage FROM main.sources;
   CREATE TEMP VIEW events AS SELECT *, NULL AS lineage FROM main.events;
   CREATE TEMP VIEW deliveries AS SELECT *, NULL AS batch FROM main.deliveries;
   CREATE TEMP VIEW outbox AS SELECT *, NULL AS batch, 0 AS requeued FROM main.outbox;`,
];

/**
 * Migrates a database in one transaction, so that a kill leaves the old version or the new one.
 *
 * @throws STATE_VERSION if a newer version wrote it
 */
export function migrate(database: DatabaseSync, file: string, migrations: readonly string[]): void {
  requireKnown(database, file, migrations);
  const version = versionOf(database);
  if (version === migrations.length) return;
  database.exec('BEGIN IMMEDIATE');
  try {
    for (const migration of migrations.slice(version)) database.exec(migration);
    database.exec(`PRAGMA user_version = ${migrations.length}; COMMIT`);
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** @throws STATE_VERSION if a newer version wrote it */
export function requireKnown(database: DatabaseSync, file: string, migrations: readonly string[]): void {
  const version = versionOf(database);
  if (version <= migrations.length) return;
  const message = `${file}: has format ${version}, this version knows formats up to ${migrations.length}`;
  throw new PollhookError('STATE_VERSION', message);
}

/** The format of an open database; 0 before the first migration. */
export function versionOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.user_version);
}
