-- A state of format 1 as its version wrote it: never edited. One delivery is settled, one was under way.
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA application_id = 1886350440;
PRAGMA journal_mode = WAL;
BEGIN;
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
INSERT INTO state VALUES ('0123456789abcdef0123456789abcdef', 1795253400000);
INSERT INTO sources VALUES (1, 'desk', 1, 3, 2, '{"comparison":"c1","validators":null,"absent":{},"shown":1}', '{"polled":1,"succeeded":1,"failures":0,"notBefore":0,"error":null}');
INSERT INTO digests VALUES (1, '\ud800', '1HNeOiZeFu7gP1lxi5tdAw', 2);
INSERT INTO digests VALUES (1, 'a', 'l01G2ZiPfPAiXYY-cDwwcq', 1);
INSERT INTO texts VALUES (1, '{"id":12345678901234567890}');
INSERT INTO texts VALUES (2, '2');
INSERT INTO events VALUES (1, 'evt_desk_1', 1, 1, 'a', 'updated', 'desk.updated', 1700000000001, 1795253400000, '{"type":"desk.updated","data":{"sequence":1,"n":12345678901234567890,"t":"é\u0000 "}}');
INSERT INTO events VALUES (2, 'evt_desk_2', 1, 2, 'a', 'updated', 'desk.updated', 1700000000002, 1795253400000, '{"type":"desk.updated","data":{"sequence":2,"n":12345678901234567890,"t":"é\u0000 "}}');
INSERT INTO events VALUES (3, 'evt_desk_3', 1, 3, NULL, 'updated', 'desk.updated', 1700000000003, 1795253400000, '{"type":"desk.updated","data":{"sequence":3,"n":12345678901234567890,"t":"é\u0000 "}}');
INSERT INTO webhooks VALUES (1, 'hook', 'key', 2, 0, '{"name":"hook","failures":2,"pausedUntil":0,"probe":null,"held":null}');
INSERT INTO deliveries VALUES (1, 'evt_desk_1_hook', 1, 1, 1, 'delivered', 1, 0, 0, 204);
INSERT INTO deliveries VALUES (2, 'evt_desk_2_hook', 2, 1, 1, 'pending', 0, 0, 0, NULL);
INSERT INTO deliveries VALUES (3, 'evt_desk_3_hook', 3, 1, 1, 'pending', 0, 0, 0, NULL);
INSERT INTO outbox VALUES (1, 2, '1:a', 1, 0, 0, 1795253400000, NULL, NULL);
INSERT INTO outbox VALUES (1, 3, '1', 2, 1, 0, 1795253400000, NULL, 1795253400000);
INSERT INTO attempts VALUES (1, 1, 5, 'delivered', 204, 12.5, NULL, '');
INSERT INTO finished VALUES (1, 0, 1795253400000);
PRAGMA user_version = 1;
COMMIT;
