import type { DatabaseSync } from 'node:sqlite';
import { messageOf } from '../../errors.ts';
import { firstColumn, openToRead, type Problem, problemsOfFiles, sizeOf } from './inspect.ts';
import { locationOf } from './location.ts';
import { MIGRATIONS, versionOf } from './schema.ts';

/** Problems per kind that are listed at most. */
const MOST = 100;

/** Consistency checks between rows: each query finds contradictions, described in its first column. */
const CONTRADICTIONS = [
  `SELECT 'source ' || name || ': ' || records || ' records were counted, ' || found || ' are there'
   FROM (SELECT name, records, (SELECT count(*) FROM digests WHERE source = coalesce(lineage, id)) AS found FROM sources)
   WHERE records <> found`,
  `SELECT 'source ' || name || ': its progress or note is not readable' FROM sources
   WHERE NOT json_valid(coalesce(progress, 'null')) OR NOT json_valid(coalesce(note, 'null'))`,
  `SELECT 'source ' || s.name || ': the record ' || d.key || ' has no readable value'
   FROM digests d JOIN sources s ON coalesce(s.lineage, s.id) = d.source LEFT JOIN texts t ON t.id = d.text
   WHERE t.id IS NULL OR NOT json_valid(t.text)`,
  `SELECT 'source ' || s.name || ': event ' || e.id || ' is beyond its sequence ' || s.sequence
   FROM events e JOIN sources s ON s.id = e.source WHERE e.sequence > s.sequence`,
  `SELECT 'the memo ' || name || ' is not readable' FROM memos WHERE NOT json_valid(value)`,
  `SELECT 'source ' || max(name) || ': has its records under the name of another' FROM sources
   GROUP BY coalesce(lineage, id) HAVING count(*) > 1`,
  `SELECT 'event ' || e.id || ': is finished, and a delivery of it is pending'
   FROM finished f JOIN events e ON e.position = f.event JOIN deliveries d ON d.event = f.event WHERE d.state = 'pending'`,
  `SELECT 'event ' || e.id || ': nothing of it is pending, and it is not finished'
   FROM events e WHERE e.position NOT IN (SELECT event FROM finished)
     AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.event = e.position AND d.state = 'pending')`,
  `SELECT 'event ' || id || ': its body is not readable' FROM events WHERE NOT json_valid(body)`,
  `SELECT 'delivery ' || d.id || ': its event is missing'
   FROM deliveries d LEFT JOIN events e ON e.position = d.event WHERE e.id IS NULL`,
  `SELECT 'delivery ' || d.id || ': is ' || d.state || ', and the outbox says otherwise'
   FROM deliveries d LEFT JOIN outbox o ON o.webhook = d.webhook AND o.position = d.position
   WHERE (d.state = 'pending') <> (o.position IS NOT NULL)`,
  `SELECT 'webhook ' || name || ': ' || pending || ' pending and ' || dead || ' dead deliveries were counted, '
     || waiting || ' and ' || gone || ' are there'
   FROM (SELECT name, pending, dead, (SELECT count(*) FROM outbox WHERE webhook = w.id) AS waiting,
     (SELECT count(*) FROM deliveries WHERE webhook = w.id AND state = 'dead') AS gone FROM webhooks w)
   WHERE pending <> waiting OR dead <> gone`,
  `SELECT 'webhook ' || w.name || ': a stream has lost its turn' FROM outbox o JOIN webhooks w ON w.id = o.webhook
   GROUP BY o.webhook, o.stream
   HAVING sum(o.place = 1) > 1 OR max(o.place) = 0`,
];

/**
 * All problems of a state file; an empty list means that there are none. Changes nothing and takes no lock, so that
 * it works beside a running daemon.
 */
export async function verifySqlite(path: string): Promise<Problem[]> {
  try {
    if ((await sizeOf(path)) === null) return [{ file: path, problem: 'there is no such file' }];
    const file = await locationOf(path);
    const found = await problemsOfFiles(file);
    if (found.some((one) => one.file === file)) return found;
    using database = await openToRead(file);
    return [...found, ...examine(database).map((problem) => ({ file, problem }))];
  } catch (error) {
    return [{ file: path, problem: messageOf(error) }];
  }
}

function examine(database: DatabaseSync): string[] {
  const checked = firstColumn(database, `PRAGMA integrity_check(${MOST})`, MOST);
  if (checked[0] !== 'ok') return checked;
  const version = versionOf(database);
  if (version === 0) return ['its tables were never made'];
  if (version > MIGRATIONS.length) return [`has format ${version}, which a newer version wrote`];
  // An older format is brought up to date at the next start; what its tables mean is for that version to say.
  if (version < MIGRATIONS.length) return [];
  return CONTRADICTIONS.flatMap((query) => firstColumn(database, query, MOST));
}
