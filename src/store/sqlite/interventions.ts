import type { DatabaseSync } from 'node:sqlite';
import type { DeliveryState } from '../../model.ts';
import type { Intervention, Requeued, RequeueRequest } from '../contract.ts';
import type { Outbox } from './outbox.ts';
import { type Order, type Streams, streamOf } from './streams.ts';
import type { Webhooks } from './webhooks.ts';

interface FinishedRow {
  readonly position: number;
  readonly id: string;
  readonly event: number;
  readonly webhook: number;
  readonly ordering: Order;
  readonly state: DeliveryState;
  readonly lineage: number;
  readonly key: string | null;
}

/** Changes to deliveries by a person. */
export function createInterventions(
  database: DatabaseSync,
  webhooks: Webhooks,
  streams: Streams,
  outbox: Outbox,
) {
  const columns = `
    SELECT d.position, d.id, d.event, d.webhook, w.ordering, d.state, coalesce(e.lineage, e.source) AS lineage, e.key
    FROM deliveries d CROSS JOIN events e ON e.position = d.event CROSS JOIN webhooks w ON w.id = d.webhook`;
  const find = database.prepare(`${columns} WHERE d.id = ?`);
  const finishedIn = database.prepare(
    `${columns.replace('deliveries d', 'deliveries d INDEXED BY deliveries_webhook')}
     WHERE d.webhook = ? AND d.position > ? AND d.state <> 'pending' AND e.created BETWEEN ? AND ?
     ORDER BY d.position LIMIT ?`,
  );
  const firstSince = database.prepare('SELECT min(position) AS event FROM events WHERE created >= ?');
  const lastBefore = database.prepare(
    'SELECT position FROM deliveries WHERE event < ? ORDER BY event DESC LIMIT 1',
  );
  const positionOf = database.prepare('SELECT position FROM deliveries WHERE id = ?');
  const reopen = database.prepare("UPDATE deliveries SET state = 'pending' WHERE position = ?");
  const unfinish = database.prepare('DELETE FROM finished WHERE event = ?');
  const enqueue = database.prepare(
    `INSERT INTO outbox (webhook, position, stream, place, attempts, steps, next, status, requeued)
     SELECT webhook, position, ?, 0, attempts, 0, ?, status, ? FROM deliveries WHERE position = ?`,
  );
  const hasten = database.prepare(
    'UPDATE outbox SET steps = 0, next = ?, batch = NULL, requeued = 0 WHERE webhook = ? AND position = ?',
  );
  const bury = database.prepare("UPDATE deliveries SET state = 'dropped' WHERE position = ?");

  function owe(row: FinishedRow, now: number, requeued: boolean): void {
    const { position, event, webhook, ordering, state, lineage, key } = row;
    reopen.run(position);
    unfinish.run(event);
    const stream = streamOf(ordering, lineage, key, position);
    enqueue.run(stream, now, requeued ? 1 : 0, position);
    webhooks.count(webhook, { pending: 1, dead: state === 'dead' ? -1 : 0 });
    streams.join(webhook, stream);
  }

  function revive(id: string, now: number): Intervention {
    const row = find.get(id) as FinishedRow | undefined;
    if (!row) return 'unknown';
    if (row.state === 'delivered') return 'settled';
    const owed = outbox.find(id);
    if (owed?.place === 2) return 'claimed';
    if (owed) hasten.run(now, row.webhook, row.position);
    else owe(row, now, false);
    return 'done';
  }

  function drop(id: string, now: number): Intervention {
    const row = find.get(id) as FinishedRow | undefined;
    if (!row) return 'unknown';
    const owed = outbox.find(id);
    if (owed?.place === 2) return 'claimed';
    if (owed) {
      outbox.end(owed, 'dropped', now);
      return 'done';
    }
    if (row.state !== 'dead') return 'settled';
    bury.run(row.position);
    webhooks.count(row.webhook, { dead: -1 });
    outbox.finishIfDone(row.event, now);
    return 'done';
  }

  /** The position of a delivery that lies before all that were committed since. */
  function before(since: number): number {
    const event = firstSince.get(since)?.event as number | null;
    const last = event === null ? undefined : lastBefore.get(event);
    return Number(last?.position ?? 0);
  }

  return {
    revive: (ids: readonly string[], now: number) => each(ids, (id) => revive(id, now)),

    drop: (ids: readonly string[], now: number) => each(ids, (id) => drop(id, now)),

    requeue({ webhook: name, since, until, after, limit }: RequeueRequest, now: number): Requeued {
      const webhook = webhooks.find(name);
      const start = after === undefined ? before(since) : positionOf.get(after)?.position;
      if (!webhook || start === undefined) return { requeued: 0, next: null };
      const rows = finishedIn.all(webhook.id, start, since, until, limit + 1) as unknown as FinishedRow[];
      const page = rows.slice(0, limit);
      for (const row of page) owe(row, now, true);
      return { requeued: page.length, next: rows.length > limit ? (page.at(-1)?.id ?? null) : null };
    },
  };
}

function each(ids: readonly string[], act: (id: string) => Intervention): Map<string, Intervention> {
  return new Map([...new Set(ids)].map((id) => [id, act(id)]));
}
