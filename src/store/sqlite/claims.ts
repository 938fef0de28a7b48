import type { DatabaseSync } from 'node:sqlite';
import type { Delivery } from '../../model.ts';
import { type Plan, planBatch, replacement } from '../batches.ts';
import { type BatchRequest, type Claim, type ClaimRequest, FURTHEST, type Superseded } from '../contract.ts';
import { inTurn } from '../due.ts';
import type { Outbox } from './outbox.ts';
import { DELIVERY_COLUMNS, type DeliveryRow, toDelivery } from './rows.ts';
import type { Streams } from './streams.ts';
import type { Webhooks } from './webhooks.ts';

/** Which deliveries may be sent now. A claim costs the same whatever waits behind those that it gives. */
export function createClaims(database: DatabaseSync, webhooks: Webhooks, streams: Streams, outbox: Outbox) {
  const columns = `
    SELECT ${DELIVERY_COLUMNS}, o.requeued
    FROM outbox o CROSS JOIN deliveries d ON d.position = o.position
      CROSS JOIN events e ON e.position = d.event CROSS JOIN sources s ON s.id = e.source
      CROSS JOIN webhooks w ON w.id = o.webhook`;
  const heads = `${columns} WHERE o.webhook = ? AND o.place = 1`;
  const fresh = database.prepare(`${heads} AND o.requeued = 0 AND o.next = 0 ORDER BY o.position LIMIT ?`);
  const retries = database.prepare(
    `${heads} AND o.requeued = 0 AND o.next > 0 AND o.next <= ? ORDER BY o.next, o.position LIMIT ?`,
  );
  const requeued = database.prepare(
    `${heads} AND o.requeued = 1 AND o.next <= ? ORDER BY o.next, o.position LIMIT ?`,
  );
  const membersOf = database.prepare(`${columns} WHERE o.webhook = ? AND o.batch = ? ORDER BY o.position`);
  const oldest = database.prepare(`${columns} WHERE o.webhook = ? ORDER BY o.position LIMIT ?`);
  const anyClaimed = database.prepare('SELECT 1 FROM outbox WHERE webhook = ? AND place = 2 LIMIT 1');
  const newerIn = database.prepare(
    `SELECT e.id AS event, e.change, e.type FROM outbox o INDEXED BY outbox_stream
       CROSS JOIN deliveries d ON d.position = o.position CROSS JOIN events e ON e.position = d.event
     WHERE o.webhook = ?1 AND o.stream = (SELECT stream FROM outbox WHERE webhook = ?1 AND position = ?2)
       AND o.position > ?2 ORDER BY o.position`,
  );
  const hasten = database.prepare(
    // Left to itself SQLite reads all that is pending, as the index holds what is changed.
    'UPDATE outbox INDEXED BY outbox_due SET next = 0 WHERE webhook = ? AND place = 1 AND requeued IN (0, 1) AND next > ?',
  );
  const firstOf = (lane: 0 | 1) =>
    `(SELECT next FROM outbox WHERE webhook = ?1 AND place = 1 AND requeued = ${lane} ORDER BY next LIMIT 1)`;
  const nextDue = database.prepare(
    `SELECT min(coalesce(a, b), coalesce(b, a)) AS next FROM (SELECT ${firstOf(0)} AS a, ${firstOf(1)} AS b)`,
  );
  const claim = database.prepare(
    'UPDATE outbox SET place = 2, attempts = attempts + 1, claimed = ?, batch = ? WHERE webhook = ? AND position = ?',
  );

  /** The first `limit` heads that are due, of each kind so many as may be needed. */
  function dueHeads(webhook: number, until: number, limit: number): ClaimableRow[] {
    const rows = [...fresh.all(webhook, limit), ...retries.all(webhook, until, limit)].map(toClaimable);
    const first = inTurn(rows, byPosition).slice(0, limit);
    if (first.length === limit) return first;
    return [...first, ...requeued.all(webhook, until, limit - first.length).map(toClaimable)];
  }

  function supersede(row: DeliveryRow, by: string, now: number): Superseded {
    const owed = outbox.find(row.id);
    if (owed) outbox.end(owed, 'superseded', now);
    return { delivery: row.id, source: row.source, event: row.event, by };
  }

  function newer(webhook: number, row: ClaimableRow): string | null {
    if (row.change !== 'updated' || row.batch !== null) return null;
    return replacement(
      row,
      newerIn.iterate(webhook, row.position) as Iterable<unknown> as Iterable<DeliveryRow>,
    );
  }

  /** One by one, each of another stream. */
  function takeHeads(webhook: number, request: ClaimRequest, now: number): Omit<Claim, 'next'> {
    const until = request.ahead ? Number.MAX_VALUE : request.now;
    const limit = request.ahead ? Math.min(1, request.limit) : request.limit;
    const supersedes = request.supersede && request.order === 'key';
    const taken: ClaimableRow[] = [];
    const superseded: Superseded[] = [];
    for (let before = -1; before < superseded.length && taken.length < limit; ) {
      before = superseded.length;
      for (const row of dueHeads(webhook, until, limit - taken.length)) {
        const by = supersedes ? newer(webhook, row) : null;
        if (by !== null) superseded.push(supersede(row, by, now));
        else {
          claim.run(now, row.batch, webhook, row.position);
          taken.push(row);
        }
      }
    }
    return { deliveries: inTurn(taken, byPosition).map(toClaimed), superseded };
  }

  /** Several at once; nothing while any other is under way. */
  function takeBatch(webhook: number, request: ClaimRequest, batch: BatchRequest, now: number): Claim {
    const rows = oldest.all(webhook, batch.max).map(toClaimable);
    const [first] = rows;
    if (!first || anyClaimed.get(webhook)) return { deliveries: [], superseded: [], next: null };
    const plan = first.batch === null ? planBatch(rows, request) : repeated(webhook, first, request);
    if (plan?.kind !== 'send') return { deliveries: [], superseded: [], next: plan?.until ?? null };
    if (request.limit < 1) return { deliveries: [], superseded: [], next: first.next };
    const superseded = plan.superseded.map(({ one, by }) => supersede(one, by, now));
    for (const { position } of plan.members) claim.run(now, plan.batch, webhook, position);
    const deliveries = plan.members.map((row) => toClaimed({ ...row, batch: plan.batch }));
    return { deliveries, superseded, next: null };
  }

  function repeated(webhook: number, first: ClaimableRow, { now, ahead }: ClaimRequest): Plan<ClaimableRow> {
    const { batch, next } = first;
    if (next > now && !ahead) return { kind: 'wait', until: next };
    const members = membersOf.all(webhook, batch).map(toClaimable);
    return { kind: 'send', batch: batch ?? '', members, superseded: [] };
  }

  return function take(request: ClaimRequest, now: number): Claim {
    const webhook = webhooks.find(request.webhook);
    if (!webhook) return { deliveries: [], superseded: [], next: null };
    const { batch } = request;
    const order = batch ? 'webhook' : request.order;
    if (webhook.ordering !== order) streams.reorder(webhook.id, order);
    hasten.run(webhook.id, request.now + FURTHEST);
    if (batch) return takeBatch(webhook.id, request, batch, now);
    const { deliveries, superseded } = takeHeads(webhook.id, request, now);
    const next = nextDue.get(webhook.id) as { next: number | null };
    return { deliveries, superseded, next: next.next };
  };
}

/** A row that says itself whose turn it is. */
type ClaimableRow = DeliveryRow & { readonly nextAttempt: number; readonly requeued: boolean };

function toClaimable(row: unknown): ClaimableRow {
  const { requeued, ...delivery } = row as DeliveryRow & { requeued: 0 | 1 };
  return { ...delivery, nextAttempt: delivery.next, requeued: requeued === 1 };
}

function toClaimed(row: ClaimableRow): Delivery {
  return toDelivery({ ...row, attempts: row.attempts + 1 });
}

function byPosition(a: ClaimableRow, b: ClaimableRow): number {
  return a.position - b.position;
}
