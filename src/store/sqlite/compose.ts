import type { DatabaseSync } from 'node:sqlite';
import { attemptNumbers, type DeliveryPiece, type EventPiece, type Piece } from '../pieces.ts';
import { fromAttempt } from './rows.ts';
import { createStreams } from './streams.ts';
import { encode } from './text.ts';
import { createWebhooks } from './webhooks.ts';

/** Writes pieces as the rows of a database whose tables are empty, in one transaction. */
export async function compose(database: DatabaseSync, pieces: AsyncIterable<Piece>): Promise<void> {
  const webhooks = createWebhooks(database);
  const addState = database.prepare('INSERT INTO state VALUES (?, ?)');
  const sources = createSources(database);
  const outbox = createOutbox(database, webhooks);

  database.exec('BEGIN');
  for await (const piece of pieces) {
    if (piece.kind === 'state') addState.run(piece.identity, piece.created);
    else if (piece.kind === 'webhook') webhooks.setState(piece.state);
    else if (piece.kind === 'event') outbox.add(piece);
    else sources.add(piece);
  }
  outbox.arrange();
  database.exec('COMMIT');
}

function createSources(database: DatabaseSync) {
  const addSource = database.prepare(
    'INSERT INTO sources (name, version, sequence, progress, note) VALUES (?, ?, ?, ?, ?)',
  );
  const addText = database.prepare('INSERT INTO texts (text) VALUES (?)');
  const addDigest = database.prepare('INSERT INTO digests (source, key, digest, text) VALUES (?, ?, ?, ?)');
  const count = database.prepare('UPDATE sources SET records = records + 1 WHERE id = ?');
  let current: number | bigint = 0;

  return {
    /** A source, or one of the records of the last one. */
    add(piece: Extract<Piece, { kind: 'source' | 'record' }>): void {
      if (piece.kind === 'source') {
        const { source, version, sequence, progress, note } = piece;
        const row = [
          source,
          version,
          sequence,
          progress && JSON.stringify(progress),
          note && JSON.stringify(note),
        ];
        current = addSource.run(...row).lastInsertRowid;
        return;
      }
      const { key, digest, text } = piece.record;
      addDigest.run(current, encode(key), digest, addText.run(text).lastInsertRowid);
      count.run(current);
    },
  };
}

function createOutbox(database: DatabaseSync, webhooks: ReturnType<typeof createWebhooks>) {
  const findSource = database.prepare('SELECT id FROM sources WHERE name = ?');
  const addEvent = database.prepare(
    `INSERT INTO events (id, source, sequence, key, change, type, timestamp, created, body)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const addDelivery = database.prepare('INSERT INTO deliveries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const addOwed = database.prepare(
    `INSERT INTO outbox (webhook, position, stream, place, attempts, steps, next, status)
     VALUES (?, ?, '', 0, ?, ?, ?, ?)`,
  );
  const addAttempt = database.prepare('INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const finish = database.prepare('INSERT INTO finished (event, dead, at) VALUES (?, ?, ?)');
  const ids = new Map<string, number>();

  function addDeliveryOf(event: number | bigint, source: number, delivery: DeliveryPiece): void {
    const { id, webhook: name, state, rank, steps, nextAttempt, lastStatus, made, attempts } = delivery;
    const webhook = ids.get(name) ?? webhooks.findOrNew(name).id;
    ids.set(name, webhook);
    const position = rank + 1;
    const pending = state === 'pending';
    // While it is pending the outbox alone counts.
    const counted = pending ? [0, 0, 0, null] : [made, steps, nextAttempt, lastStatus];
    addDelivery.run(position, id, event, source, webhook, state, ...counted);
    if (pending) addOwed.run(webhook, position, made, steps, nextAttempt, lastStatus);
    const numbers = attemptNumbers(delivery);
    for (const [index, attempt] of attempts.entries())
      addAttempt.run(position, numbers[index] ?? 1, ...fromAttempt(attempt));
    if (pending || state === 'dead')
      webhooks.count(webhook, { pending: pending ? 1 : 0, dead: pending ? 0 : 1 });
  }

  return {
    add({ event, created, finished, deliveries }: EventPiece): void {
      const { id, sequence, key, change, type, timestamp, body } = event;
      const source = Number(findSource.get(event.source)?.id);
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
      ];
      const { lastInsertRowid: position } = addEvent.run(...row);
      for (const delivery of deliveries) addDeliveryOf(position, source, delivery);
      const dead = deliveries.some(({ state }) => state === 'dead') ? 1 : 0;
      if (finished !== null) finish.run(position, dead, finished);
    },

    /** Divides what is owed into streams, by the default order: a claim with another divides anew. */
    arrange(): void {
      const streams = createStreams(database);
      for (const webhook of ids.values()) streams.reorder(webhook, 'key');
    },
  };
}
