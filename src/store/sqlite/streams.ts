import type { DatabaseSync } from 'node:sqlite';
import type { ClaimRequest } from '../contract.ts';

export type Order = ClaimRequest['order'];

/** SQL for the stream of a row of the outbox, by order; {@link streamOf} computes the same for a new delivery. */
const STREAM: { readonly [order in Order]: string } = {
  key: `(SELECT coalesce(e.lineage, e.source) || CASE WHEN e.key IS NULL THEN '' ELSE ':' || e.key END
         FROM deliveries d JOIN events e ON e.position = d.event WHERE d.position = outbox.position)`,
  webhook: `''`,
  none: 'CAST(position AS TEXT)',
};

/** @param key encoded */
export function streamOf(
  order: Order,
  lineage: number,
  key: string | null,
  position: number | bigint,
): string {
  if (order === 'webhook') return '';
  if (order === 'none') return String(position);
  return key === null ? `${lineage}` : `${lineage}:${key}`;
}

/**
 * Streams of the outbox. Each has at most one head, its oldest row, and none while a row of it is claimed. Deliveries
 * that may be sent are found through an index of heads, however many wait behind them.
 */
export function createStreams(database: DatabaseSync) {
  const claimedIn = database.prepare(
    'SELECT 1 FROM outbox WHERE webhook = ? AND stream = ? AND place = 2 LIMIT 1',
  );
  const oldestIn = database.prepare(
    // With an explicit index, because SQLite would scan the whole backlog in the order of positions.
    `SELECT position, place FROM outbox INDEXED BY outbox_stream
     WHERE webhook = ? AND stream = ? ORDER BY position LIMIT 1`,
  );
  const setHead = database.prepare('UPDATE outbox SET place = 1 WHERE webhook = ? AND position = ?');
  const oldestTwo = database.prepare(
    `SELECT position, place FROM outbox INDEXED BY outbox_stream
     WHERE webhook = ? AND stream = ? ORDER BY position LIMIT 2`,
  );
  const setWaiting = database.prepare('UPDATE outbox SET place = 0 WHERE webhook = ? AND position = ?');
  const setOrdering = database.prepare('UPDATE webhooks SET ordering = ? WHERE id = ?');
  const demote = database.prepare('UPDATE outbox SET place = 0 WHERE webhook = ? AND place = 1');
  const promoteAll = database.prepare(`
    UPDATE outbox SET place = 1
    WHERE webhook = ?1 AND place = 0
      AND position IN (SELECT min(position) FROM outbox WHERE webhook = ?1 GROUP BY stream)
      AND NOT EXISTS (SELECT 1 FROM outbox other WHERE other.webhook = ?1 AND other.stream = outbox.stream AND other.place = 2)`);

  return {
    isEmpty: (webhook: number, stream: string) => oldestIn.get(webhook, stream) === undefined,

    /** Makes the oldest row of a stream its head, if none of it is claimed. */
    promote(webhook: number, stream: string): void {
      if (claimedIn.get(webhook, stream)) return;
      const oldest = oldestIn.get(webhook, stream) as { position: number; place: number } | undefined;
      if (oldest?.place === 0) setHead.run(webhook, oldest.position);
    },

    /** A row has joined its stream, perhaps before the one that is its head. */
    join(webhook: number, stream: string): void {
      if (claimedIn.get(webhook, stream)) return;
      const [oldest, next] = oldestTwo.all(webhook, stream) as unknown as {
        position: number;
        place: number;
      }[];
      if (oldest?.place !== 0) return;
      if (next?.place === 1) setWaiting.run(webhook, next.position);
      setHead.run(webhook, oldest.position);
    },

    /**
     * Divides a webhook's outbox into streams again. The cost is its whole length, but it happens only when the
     * operator changes `order`.
     */
    reorder(webhook: number, order: Order): void {
      setOrdering.run(order, webhook);
      database.prepare(`UPDATE outbox SET stream = ${STREAM[order]} WHERE webhook = ?`).run(webhook);
      demote.run(webhook);
      promoteAll.run(webhook);
    },
  };
}

export type Streams = ReturnType<typeof createStreams>;
