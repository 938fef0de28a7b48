import type { DatabaseSync } from 'node:sqlite';
import type { Delivery } from '../../model.ts';
import { type Plan, planBatch, replacement } from '../batches.ts';
import {
  type BatchRequest,
  type Claim,
  type ClaimRequest,
  FURTHEST,
  MOST_SUPERSEDED,
  type Superseded,
} from '../contract.ts';
import { inTurn } from '../due.ts';
import type { Outbox } from './outbox.ts';
import { type DeliveryRow, EVENT_COLUMNS, type EventRow, toEvent } from './rows.ts';
import type { Streams } from './streams.ts';
import type { Webhooks } from './webhooks.ts';

/** Claims deliveries that may be sent now. The cost of a claim does not depend on the number of waiting deliveries. */
export function createClaims(database: DatabaseSync, webhooks: Webhooks, streams: Streams, outbox: Outbox) {
  // Every column and join costs time: what is known already is left out.
  // With an explicit index, because SQLite would scan the whole outbox in the order of positions.
  const columns = (index: string) => `
    SELECT o.position, d.id, o.attempts, o.steps, o.next AS nextAttempt, o.status, o.batch, o.requeued, ${EVENT_COLUMNS}
    FROM outbox o ${index} CROSS JOIN deliveries d ON d.position = o.position
      CROSS JOIN events e ON e.position = d.event CROSS JOIN sources s ON s.id = e.source`;
  const heads = `${columns('INDEXED BY outbox_due')} WHERE o.webhook = ? AND o.place = 1`;
  const fresh = database.prepare(`${heads} AND o.requeued = 0 AND o.next = 0 ORDER BY o.position LIMIT ?`);
  const retries = database.prepare(
    `${heads} AND o.requeued = 0 AND o.next > 0 AND o.next <= ? ORDER BY o.next, o.position LIMIT ?`,
  );
  const requeued = database.prepare(
    `${heads} AND o.requeued = 1 AND o.next <= ? ORDER BY o.next, o.position LIMIT ?`,
  );
  const membersOf = database.prepare(
    `${columns('INDEXED BY outbox_batch')} WHERE o.webhook = ? AND o.batch = ? ORDER BY o.position`,
  );
  const oldest = database.prepare(`${columns('')} WHERE o.webhook = ? ORDER BY o.position LIMIT ?`);
  const anyClaimed = database.prepare('SELECT 1 FROM outbox WHERE webhook = ? AND place = 2 LIMIT 1');
  const newerIn = database.prepare(
    `SELECT e.id AS event, e.change, e.type FROM outbox o INDEXED BY outbox_stream
       CROSS JOIN deliveries d ON d.position = o.position CROSS JOIN events e ON e.position = d.event
     WHERE o.webhook = ?1 AND o.stream = (SELECT stream FROM outbox WHERE webhook = ?1 AND position = ?2)
       AND o.position > ?2 ORDER BY o.position`,
  );
  const hasten = database.prepare('UPDATE outbox SET next = 0 WHERE webhook = ? AND next > ?');
  const firstOf = (lane: 0 | 1, least = '0') =>
    `(SELECT next FROM outbox WHERE webhook = ?1 AND place = 1 AND requeued = ${lane} AND next >= ${least}
      ORDER BY next LIMIT 1)`;
  // Both in one statement, since most claims find neither.
  const waiting = database.prepare(`SELECT ${firstOf(0, '5e-324')} AS retry, ${firstOf(1)} AS again`);
  const nextDue = database.prepare(
    `SELECT min(coalesce(a, b), coalesce(b, a)) AS next FROM (SELECT ${firstOf(0)} AS a, ${firstOf(1)} AS b)`,
  );
  const claim = database.prepare(
    'UPDATE outbox SET place = 2, attempts = attempts + 1, claimed = ?, batch = ? WHERE webhook = ? AND position = ?',
  );

  /** The wall clock at the last claim, per webhook. */
  const seen = new Map<number, number>();

  /** The first `limit` heads that are due, of each kind so many as may be needed. */
  function dueHeads(webhook: number, until: number, limit: number): readonly OwedRow[] {
    const { retry, again } = waiting.get(webhook) as { retry: number | null; again: number | null };
    const never = rowsOf(fresh.all(webhook, limit));
    const tried = retry === null || retry > until ? [] : rowsOf(retries.all(webhook, until, limit));
    const first = tried.length === 0 ? never : arranged([...never, ...tried]).slice(0, limit);
    if (first.length === limit || again === null || again > until) return first;
    return [...first, ...rowsOf(requeued.all(webhook, until, limit - first.length))];
  }

  function supersede(row: OwedRow, by: string, now: number): Superseded {
    const owed = outbox.find(row.id);
    if (owed) outbox.end(owed, 'superseded', now);
    return { delivery: row.id, source: row.source, event: row.event, by };
  }

  function newer(webhook: number, row: OwedRow): string | null {
    if (row.change !== 'updated' || row.batch !== null) return null;
    return replacement(row, newerIn.iterate(webhook, row.position) as Iterable<unknown> as Iterable<OwedRow>);
  }

  /** Takes single deliveries, each of another stream. */
  function takeHeads(webhook: number, request: ClaimRequest, now: number): Omit<Claim, 'next'> {
    const until = request.ahead ? Number.MAX_VALUE : request.now;
    const limit = request.ahead ? Math.min(1, request.limit) : request.limit;
    const supersedes = request.supersede && request.order === 'key';
    const taken: OwedRow[] = [];
    const superseded: Superseded[] = [];
    for (let asked = limit; asked > 0 && superseded.length < MOST_SUPERSEDED; ) {
      const rows = dueHeads(webhook, until, asked);
      const before = superseded.length;
      for (const row of rows) {
        const by = supersedes ? newer(webhook, row) : null;
        if (by !== null) {
          superseded.push(supersede(row, by, now));
          // The next delivery of its stream may come before the other rows.
          break;
        }
        claim.run(now, row.batch, webhook, row.position);
        taken.push(row);
      }
      if (superseded.length > before) asked = 1;
      else asked = rows.length < asked ? 0 : limit - taken.length;
    }
    const rows = superseded.length === 0 ? taken : arranged(taken);
    return { deliveries: rows.map((row) => toClaimed(request.webhook, row)), superseded };
  }

  /** The oldest pending deliveries, as many as a new batch can hold and one more: their bodies are in memory together. */
  function candidates(webhook: number, { max, length }: BatchRequest): OwedRow[] {
    const rows: OwedRow[] = [];
    let room = length;
    for (const row of oldest.iterate(webhook, max) as Iterable<unknown> as Iterable<OwedRow>) {
      rows.push(row);
      room -= row.body.length;
      if (room < 0 && rows.length > 1) break;
    }
    return rows;
  }

  /** Takes a batch; nothing while another one is under way. */
  function takeBatch(webhook: number, request: ClaimRequest, batch: BatchRequest, now: number): Claim {
    const rows = candidates(webhook, batch);
    const [first] = rows;
    if (!first || anyClaimed.get(webhook)) return { deliveries: [], superseded: [], next: null };
    const plan =
      first.batch === null
        ? planBatch(rows, request, ({ body }) => body.length)
        : repeated(webhook, first, request);
    if (plan?.kind !== 'send') return { deliveries: [], superseded: [], next: plan?.until ?? null };
    if (request.limit < 1) return { deliveries: [], superseded: [], next: first.nextAttempt };
    const superseded = plan.superseded.map(({ one, by }) => supersede(one, by, now));
    for (const { position } of plan.members) claim.run(now, plan.batch, webhook, position);
    const deliveries = plan.members.map((row) => toClaimed(request.webhook, row, plan.batch));
    return { deliveries, superseded, next: null };
  }

  function repeated(webhook: number, first: OwedRow, { now, ahead }: ClaimRequest): Plan<OwedRow> {
    const { batch, nextAttempt } = first;
    if (nextAttempt > now && !ahead) return { kind: 'wait', until: nextAttempt };
    const members = rowsOf(membersOf.all(webhook, batch));
    return { kind: 'send', batch: batch ?? '', members, superseded: [] };
  }

  return function take(request: ClaimRequest, now: number): Claim {
    const webhook = webhooks.find(request.webhook);
    if (!webhook) return { deliveries: [], superseded: [], next: null };
    const { batch } = request;
    const order = batch ? 'webhook' : request.order;
    if (webhook.ordering !== order) {
      streams.reorder(webhook.id, order);
      webhooks.forget();
    }
    const before = seen.get(webhook.id) ?? Number.POSITIVE_INFINITY;
    seen.set(webhook.id, request.now);
    if (request.now < before) hasten.run(webhook.id, request.now + FURTHEST);
    if (batch) return takeBatch(webhook.id, request, batch, now);
    const { deliveries, superseded } = takeHeads(webhook.id, request, now);
    const next = nextDue.get(webhook.id) as { next: number | null };
    return { deliveries, superseded, next: next.next };
  };
}

/** A pending delivery. */
interface OwedRow
  extends EventRow,
    Pick<DeliveryRow, 'position' | 'id' | 'attempts' | 'steps' | 'status' | 'batch'> {
  readonly nextAttempt: number;
  readonly requeued: 0 | 1;
}

function rowsOf(rows: readonly unknown[]): readonly OwedRow[] {
  return rows as readonly OwedRow[];
}

function arranged(rows: readonly OwedRow[]): OwedRow[] {
  const turns = rows.map((row) => ({ ...row, row, requeued: row.requeued === 1 }));
  return inTurn(turns, (a, b) => a.position - b.position).map(({ row }) => row);
}

function toClaimed(webhook: string, row: OwedRow, batch = row.batch): Delivery {
  const { id, created, attempts, steps, nextAttempt, status } = row;
  return {
    id,
    webhook,
    event: toEvent(row),
    created,
    state: 'pending',
    attempts: attempts + 1,
    steps,
    nextAttempt,
    lastStatus: status,
    batch,
  };
}
