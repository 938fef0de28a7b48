import type { DatabaseSync } from 'node:sqlite';
import { attemptNumbers, type DeliveryPiece, type EventPiece, type Piece } from '../pieces.ts';
import { createMemos } from './memos.ts';
import { fromAttempt } from './rows.ts';
import { createStreams } from './streams.ts';
import { encode } from './text.ts';
import { createWebhooks } from './webhooks.ts';

/** Writes pieces as rows into a database with empty tables, in one transaction. */
export async function compose(database: DatabaseSync, pieces: AsyncIterable<Piece>): Promise<void> {
  const webhooks = createWebhooks(database);
  const addState = database.prepare('INSERT INTO state VALUES (?, ?)');
  const memos = createMemos(database);
  const names = createNames(database);
  const sources = createSources(database, names);
  const outbox = createOutbox(database, webhooks, names);

  database.exec('BEGIN');
  for await (const piece of pieces) {
    if (piece.kind === 'state') addState.run(piece.identity, piece.created);
    else if (piece.kind === 'webhook') webhooks.setState(piece.state);
    else if (piece.kind === 'memo') memos.set(piece.name, piece.value);
    else if (piece.kind === 'event') outbox.add(piece);
    else sources.add(piece);
  }
  outbox.arrange();
  database.exec('COMMIT');
}

/** Ids of the sources' rows by name; a lineage may refer to a later source. */
function createNames(database: DatabaseSync) {
  const add = database.prepare('INSERT OR IGNORE INTO sources (name) VALUES (?)');
  const find = database.prepare('SELECT id FROM sources WHERE name = ?');
  return {
    id(name: string): number {
      add.run(name);
      return Number(find.get(name)?.id);
    },
  };
}

function createSources(database: DatabaseSync, names: ReturnType<typeof createNames>) {
  const setSource = database.prepare(
    'UPDATE sources SET version = ?, sequence = ?, progress = ?, note = ?, lineage = ? WHERE id = ?',
  );
  const addText = database.prepare('INSERT INTO texts (text) VALUES (?)');
  const addDigest = database.prepare('INSERT INTO digests (source, key, digest, text) VALUES (?, ?, ?, ?)');
  const count = database.prepare('UPDATE sources SET records = records + 1 WHERE id = ?');
  let current = 0;
  let keptUnder = 0;

  return {
    /** A source, or one of the records of the last one. */
    add(piece: Extract<Piece, { kind: 'source' | 'record' }>): void {
      if (piece.kind === 'source') {
        const { source, lineage, version, sequence, progress, note } = piece;
        current = names.id(source);
        keptUnder = names.id(lineage);
        const texts = [progress && JSON.stringify(progress), note && JSON.stringify(note)];
        setSource.run(version, sequence, ...texts, lineage === source ? null : keptUnder, current);
        return;
      }
      const { key, digest, text } = piece.record;
      addDigest.run(keptUnder, encode(key), digest, addText.run(text).lastInsertRowid);
      count.run(current);
    },
  };
}

function createOutbox(
  database: DatabaseSync,
  webhooks: ReturnType<typeof createWebhooks>,
  names: ReturnType<typeof createNames>,
) {
  const addEvent = database.prepare(
    `INSERT INTO events (id, source, sequence, key, change, type, timestamp, created, body, lineage)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const addDelivery = database.prepare('INSERT INTO deliveries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const addOwed = database.prepare(
    `INSERT INTO outbox (webhook, position, stream, place, attempts, steps, next, status, batch, requeued)
     VALUES (?, ?, '', 0, ?, ?, ?, ?, ?, ?)`,
  );
  const addAttempt = database.prepare('INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const finish = database.prepare('INSERT INTO finished (event, dead, at) VALUES (?, ?, ?)');
  const ids = new Map<string, number>();

  function addDeliveryOf(event: number | bigint, source: number, delivery: DeliveryPiece): void {
    const {
      id,
      webhook: name,
      state,
      rank,
      steps,
      nextAttempt,
      lastStatus,
      batch,
      requeued,
      made,
      attempts,
    } = delivery;
    const webhook = ids.get(name) ?? webhooks.findOrNew(name).id;
    ids.set(name, webhook);
    const position = rank + 1;
    const pending = state === 'pending';
    // While it is pending the outbox alone counts.
    const counted = pending ? [0, 0, 0, null, null] : [made, steps, nextAttempt, lastStatus, batch];
    addDelivery.run(position, id, event, source, webhook, state, ...counted);
    if (pending)
      addOwed.run(webhook, position, made, steps, nextAttempt, lastStatus, batch, requeued ? 1 : 0);
    const numbers = attemptNumbers(delivery);
    for (const [index, attempt] of attempts.entries())
      addAttempt.run(position, numbers[index] ?? 1, ...fromAttempt(attempt));
    if (pending || state === 'dead')
      webhooks.count(webhook, { pending: pending ? 1 : 0, dead: pending ? 0 : 1 });
  }

  return {
    add({ event, lineage, created, finished, deliveries }: EventPiece): void {
      const { id, sequence, key, change, type, timestamp, body } = event;
      const source = names.id(event.source);
      const row = [
        id,
        source,
        sequence,
        key === null ? null : encode(key),
        change,
        type,
        timestamp,
        created,
        body,
        lineage === event.source ? null : names.id(lineage),
      ];
      const { lastInsertRowid: position } = addEvent.run(...row);
      for (const delivery of deliveries) addDeliveryOf(position, source, delivery);
      const dead = deliveries.some(({ state }) => state === 'dead') ? 1 : 0;
      if (finished !== null) finish.run(position, dead, finished);
    },

    /** Divides pending deliveries into streams by the default order; a claim with another order divides them again. */
    arrange(): void {
      const streams = createStreams(database);
      for (const webhook of ids.values()) streams.reorder(webhook, 'key');
    },
  };
}
