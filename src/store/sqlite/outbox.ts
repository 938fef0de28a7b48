import type { DatabaseSync } from 'node:sqlite';
import type { Attempt } from '../../model.ts';
import { NEWEST_ATTEMPTS, unknownAttempt } from '../attempts.ts';
import { type Claim, type ClaimRequest, type Commit, FURTHEST, type Settlement } from '../contract.ts';
import { DELIVERY_COLUMNS, type DeliveryRow, fromAttempt, toDelivery } from './rows.ts';
import { createStreams, streamOf } from './streams.ts';
import { encode } from './text.ts';
import type { WebhookRow, Webhooks } from './webhooks.ts';

interface ClaimedRow {
  readonly position: number;
  readonly event: number;
  readonly webhook: number;
  readonly stream: string;
  readonly attempts: number;
  readonly status: number | null;
}

/** What is owed. Committing, claiming and settling cost the same whatever else is pending or finished. */
export function createOutbox(database: DatabaseSync, webhooks: Webhooks) {
  const streams = createStreams(database);
  const insertEvent = database.prepare(
    `INSERT INTO events (id, source, sequence, key, change, type, timestamp, created, body)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertDelivery = database.prepare(
    'INSERT INTO deliveries (id, event, source, webhook) VALUES (?, ?, ?, ?)',
  );
  const enqueue = database.prepare(
    'INSERT INTO outbox (webhook, position, stream, place, next) VALUES (?, ?, ?, ?, 0)',
  );
  const due = database.prepare(`
    SELECT ${DELIVERY_COLUMNS}
    FROM outbox o CROSS JOIN deliveries d ON d.position = o.position
      CROSS JOIN events e ON e.position = d.event CROSS JOIN sources s ON s.id = e.source
      CROSS JOIN webhooks w ON w.id = o.webhook
    WHERE o.webhook = ? AND o.place = 1 AND o.next <= ? ORDER BY o.next, o.position LIMIT ?`);
  const hasten = database.prepare('UPDATE outbox SET next = 0 WHERE webhook = ? AND place = 1 AND next > ?');
  const nextDue = database.prepare(
    'SELECT next FROM outbox WHERE webhook = ? AND place = 1 ORDER BY next LIMIT 1',
  );
  const claim = database.prepare(
    'UPDATE outbox SET place = 2, attempts = attempts + 1, claimed = ? WHERE webhook = ? AND position = ?',
  );
  const findClaimed = database.prepare(`
    SELECT d.position, d.event, d.webhook, o.stream, o.attempts, o.status
    FROM deliveries d CROSS JOIN outbox o ON o.webhook = d.webhook AND o.position = d.position
    WHERE d.id = ? AND o.place = 2`);
  const allClaimed = database.prepare(
    `SELECT o.position, o.webhook, o.stream, o.attempts, o.claimed, w.name
     FROM outbox o CROSS JOIN webhooks w ON w.id = o.webhook WHERE o.place = 2 ORDER BY o.webhook`,
  );
  const insertAttempt = database.prepare('INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const dropAttempts = database.prepare(
    'DELETE FROM attempts WHERE delivery = ? AND number > 1 AND number <= ?',
  );
  const release = database.prepare('UPDATE outbox SET place = 0 WHERE webhook = ? AND position = ?');
  const postpone = database.prepare(
    'UPDATE outbox SET place = 0, steps = ?, next = ?, status = ? WHERE webhook = ? AND position = ?',
  );
  const leave = database.prepare('DELETE FROM outbox WHERE webhook = ? AND position = ?');
  const conclude = database.prepare(
    'UPDATE deliveries SET state = ?, attempts = ?, steps = ?, next = ?, status = ? WHERE position = ?',
  );
  const statesOf = database.prepare('SELECT state FROM deliveries WHERE event = ?');
  const finish = database.prepare('INSERT INTO finished (event, dead, at) VALUES (?, ?, ?)');

  function finishIfDone(event: number | bigint, now: number): void {
    const states = statesOf.all(event).map(({ state }) => state);
    if (!states.includes('pending')) finish.run(event, states.includes('dead') ? 1 : 0, now);
  }

  function record(position: number, number: number, attempt: Attempt): void {
    insertAttempt.run(position, number, ...fromAttempt(attempt));
    if (number > 1 + NEWEST_ATTEMPTS) dropAttempts.run(position, number - NEWEST_ATTEMPTS);
  }

  function settle({ delivery, attempt, state, steps, nextAttempt }: Settlement, now: number): void {
    const row = findClaimed.get(delivery) as ClaimedRow | undefined;
    // It was settled before, or nobody claimed it: there is no attempt that this could be the outcome of.
    if (!row) return;
    const { position, webhook, event, attempts } = row;
    record(position, attempts, attempt);
    if (state === 'pending') {
      // Nothing was heard of an attempt whose outcome is unknown.
      const status = attempt.outcome === 'unknown' ? row.status : attempt.status;
      postpone.run(steps, nextAttempt, status, webhook, position);
    } else {
      leave.run(webhook, position);
      conclude.run(state, attempts, steps, nextAttempt, attempt.status, position);
      webhooks.count(webhook, { pending: -1, dead: state === 'dead' ? 1 : 0 });
      finishIfDone(event, now);
    }
    streams.promote(webhook, row.stream);
  }

  return {
    /** Events and deliveries of a commit, due at once. */
    add(source: number, { events, deliveries }: Commit, now: number): void {
      const positions = new Map<string, { position: number | bigint; key: string | null }>();
      for (const { id, sequence, key, change, type, timestamp, body } of events) {
        const kept = key === null ? null : encode(key);
        const { lastInsertRowid: position } = insertEvent.run(
          ...[id, source, sequence, kept, change, type, timestamp, now, body],
        );
        positions.set(id, { position, key: kept });
      }
      const rows = new Map<string, WebhookRow>();
      const pending = new Map<number, number>();
      for (const { id, event: eventId, webhook: name } of deliveries) {
        const event = positions.get(eventId);
        if (!event) throw new Error(`delivery ${id}: event ${eventId} is not of the same commit`);
        const webhook = rows.get(name) ?? webhooks.findOrNew(name);
        rows.set(name, webhook);
        const { lastInsertRowid: position } = insertDelivery.run(id, event.position, source, webhook.id);
        const stream = streamOf(webhook.ordering, source, event.key, position);
        enqueue.run(webhook.id, position, stream, streams.isEmpty(webhook.id, stream) ? 1 : 0);
        pending.set(webhook.id, (pending.get(webhook.id) ?? 0) + 1);
      }
      for (const [webhook, count] of pending) webhooks.count(webhook, { pending: count });
      const owed = new Set(deliveries.map(({ event }) => event));
      for (const [id, { position }] of positions) if (!owed.has(id)) finish.run(position, 0, now);
    },

    claim(request: ClaimRequest, now: number): Claim {
      const webhook = webhooks.find(request.webhook);
      if (!webhook) return { deliveries: [], superseded: [], next: null };
      if (webhook.ordering !== request.order) streams.reorder(webhook.id, request.order);
      hasten.run(webhook.id, request.now + FURTHEST);
      const until = request.ahead ? Number.MAX_VALUE : request.now;
      const limit = request.ahead ? Math.min(1, request.limit) : request.limit;
      const rows = due.all(webhook.id, until, limit) as unknown as DeliveryRow[];
      for (const { position } of rows) claim.run(now, webhook.id, position);
      const next = nextDue.get(webhook.id) as { next: number } | undefined;
      return {
        deliveries: rows.map((row) => toDelivery({ ...row, attempts: row.attempts + 1 })),
        superseded: [],
        next: next?.next ?? null,
      };
    },

    settle(settlements: readonly Settlement[], now: number): void {
      for (const settlement of settlements) settle(settlement, now);
    },

    /** Records an unknown outcome for all that is claimed: whoever claimed it has ended. Counts them per webhook. */
    interrupt(): Map<string, number> {
      const counts = new Map<string, number>();
      const rows = allClaimed.all() as unknown as (ClaimedRow & { claimed: number; name: string })[];
      for (const { position, webhook, stream, attempts, claimed, name } of rows) {
        record(position, attempts, unknownAttempt(claimed));
        release.run(webhook, position);
        streams.promote(webhook, stream);
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
      return counts;
    },
  };
}
