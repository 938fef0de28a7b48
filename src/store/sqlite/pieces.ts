import type { DatabaseSync } from 'node:sqlite';
import type { PollNote, SourceProgress } from '../../model.ts';
import { keptAttempts, unknownAttempt } from '../attempts.ts';
import { type DeliveryPiece, type EventPiece, memoPieces, type Piece } from '../pieces.ts';
import { createMemos } from './memos.ts';
import {
  type AttemptRow,
  DELIVERY_COLUMNS,
  type DeliveryRow,
  EVENT_COLUMNS,
  type EventRow,
  toAttempt,
  toDelivery,
  toEvent,
} from './rows.ts';
import { decode } from './text.ts';
import { createWebhooks } from './webhooks.ts';

interface SourceRow {
  /** What its records are kept under. */
  readonly kept: number;
  readonly name: string;
  /** The name of the source whose own that was. */
  readonly lineage: string;
  readonly version: number;
  readonly sequence: number;
  readonly progress: string | null;
  readonly note: string | null;
}

interface FinishedRow extends EventRow {
  readonly position: number;
  readonly lineage: string;
  readonly finished: number | null;
}

interface OwedRow extends DeliveryRow {
  readonly claimed: number | null;
  readonly requeued: 0 | 1;
}

/** The pieces of the state in an open database, read row by row while nobody writes. */
export async function* piecesIn(database: DatabaseSync): AsyncGenerator<Piece> {
  const state = database.prepare('SELECT identity, created FROM state').get();
  yield { kind: 'state', identity: String(state?.identity), created: Number(state?.created) };
  yield* sourcePieces(database);
  const webhooks = createWebhooks(database).states();
  for (const standing of webhooks.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    yield { kind: 'webhook', state: standing };
  }
  yield* memoPieces(createMemos(database).all());
  yield* eventPieces(database);
}

function* sourcePieces(database: DatabaseSync): Generator<Piece> {
  const sources = database.prepare(
    `SELECT coalesce(s.lineage, s.id) AS kept, s.name, coalesce(l.name, s.name) AS lineage, s.version, s.sequence, s.progress,
       s.note
     FROM sources s LEFT JOIN sources l ON l.id = s.lineage ORDER BY s.name`,
  );
  database.function('json_text', { deterministic: true }, (key) => JSON.stringify(decode(String(key))));
  const records = database.prepare(
    'SELECT key, digest, text FROM digests WHERE source = ? ORDER BY json_text(key)',
  );
  // Looked up one by one: what is sorted holds no values.
  const textOf = database.prepare('SELECT text FROM texts WHERE id = ?');
  for (const row of sources.all() as unknown as SourceRow[]) {
    const { version, sequence, lineage } = row;
    const progress: SourceProgress | null = row.progress === null ? null : JSON.parse(row.progress);
    const note: PollNote | null = row.note === null ? null : JSON.parse(row.note);
    // A row that a conflict or a reset left behind says nothing.
    if (version === 0 && note === null) continue;
    yield { kind: 'source', source: row.name, lineage, version, sequence, progress, note };
    for (const { key, digest, text } of records.iterate(row.kept)) {
      const value = String(textOf.get(text as number)?.text);
      yield { kind: 'record', record: { key: decode(String(key)), digest: String(digest), text: value } };
    }
  }
}

function* eventPieces(database: DatabaseSync): Generator<EventPiece> {
  const events = database.prepare(`
    SELECT e.position, ${EVENT_COLUMNS}, coalesce(l.name, s.name) AS lineage, f.at AS finished
    FROM events e CROSS JOIN sources s ON s.id = e.source LEFT JOIN sources l ON l.id = e.lineage
      LEFT JOIN finished f ON f.event = e.position
    ORDER BY e.position`);
  const deliveriesOf = database.prepare(`
    SELECT ${DELIVERY_COLUMNS}, iif(o.place = 2, o.claimed, NULL) AS claimed, coalesce(o.requeued, 0) AS requeued
    FROM deliveries d CROSS JOIN events e ON e.position = d.event CROSS JOIN sources s ON s.id = d.source
      CROSS JOIN webhooks w ON w.id = d.webhook
      LEFT JOIN outbox o ON o.webhook = d.webhook AND o.position = d.position
    WHERE d.event = ? ORDER BY d.position`);
  const attemptsOf = database.prepare(
    'SELECT at, outcome, status, duration, error, answer FROM attempts WHERE delivery = ? ORDER BY number',
  );
  const positions = database.prepare('SELECT position FROM deliveries ORDER BY position').all();
  const ranks = new Map(positions.map(({ position }, rank) => [position, rank]));

  function toPiece(row: OwedRow): DeliveryPiece {
    const { event: _, created: _when, attempts: made, ...delivery } = toDelivery(row);
    const recorded = (attemptsOf.all(row.position) as unknown as AttemptRow[]).map(toAttempt);
    const attempts =
      row.claimed === null ? recorded : keptAttempts([...recorded, unknownAttempt(row.claimed)]);
    const rank = ranks.get(row.position) ?? 0;
    return { ...delivery, requeued: row.requeued === 1, rank, made, attempts };
  }

  for (const row of events.iterate() as Iterable<unknown> as Iterable<FinishedRow>) {
    const { lineage, created, finished } = row;
    const rows = deliveriesOf.all(row.position) as unknown as OwedRow[];
    yield {
      kind: 'event',
      event: toEvent(row),
      lineage,
      created,
      finished,
      deliveries: rows.map(toPiece),
    };
  }
}
