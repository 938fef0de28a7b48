import type { DatabaseSync } from 'node:sqlite';
import type { Attempt, DeliveryState } from '../../model.ts';
import { NEWEST_ATTEMPTS, unknownAttempt } from '../attempts.ts';
import { type Commit, FURTHEST, type Settlement } from '../contract.ts';
import { fromAttempt } from './rows.ts';
import { inStretches } from './steps.ts';
import { type Streams, streamOf } from './streams.ts';
import { encode } from './text.ts';
import type { WebhookRow, Webhooks } from './webhooks.ts';

/** A pending delivery, as a row of the outbox. */
export interface OwedRow {
  readonly position: number;
  readonly event: number;
  readonly webhook: number;
  readonly stream: string;
  /** 2: claimed. */
  readonly place: number;
  readonly attempts: number;
  readonly steps: number;
  readonly next: number;
  readonly status: number | null;
  readonly batch: string | null;
}

/**
 * The outbox of pending deliveries. The cost of committing and settling does not depend on what else is pending or
 * finished.
 */
export function createOutbox(database: DatabaseSync, webhooks: Webhooks, streams: Streams) {
  const insertEvent = database.prepare(
    `INSERT INTO events (id, source, sequence, key, change, type, timestamp, created, body, lineage)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertDelivery = database.prepare(
    'INSERT INTO deliveries (id, event, source, webhook) VALUES (?, ?, ?, ?)',
  );
  const enqueue = database.prepare(
    'INSERT INTO outbox (webhook, position, stream, place, next) VALUES (?, ?, ?, ?, 0)',
  );
  const findOwed = database.prepare(`
    SELECT d.position, d.event, d.webhook, o.stream, o.place, o.attempts, o.steps, o.next, o.status, o.batch
    FROM deliveries d CROSS JOIN outbox o ON o.webhook = d.webhook AND o.position = d.position
    WHERE d.id = ?`);
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
    'UPDATE deliveries SET state = ?, attempts = ?, steps = ?, next = ?, status = ?, batch = ? WHERE position = ?',
  );
  const finish = database.prepare('INSERT INTO finished (event, dead, at) VALUES (?, 0, ?)');
  const finishAgain = database.prepare('INSERT OR REPLACE INTO finished (event, dead, at) VALUES (?, ?, ?)');
  const statesOf = database.prepare('SELECT state FROM deliveries WHERE event = ?');

  /** Marks an event as finished, if none of its deliveries is pending. */
  function finishIfDone(event: number, now: number): void {
    const states = statesOf.all(event).map(({ state }) => state);
    if (!states.includes('pending')) finishAgain.run(event, states.includes('dead') ? 1 : 0, now);
  }

  /** Removes a settled delivery from the outbox. */
  function end(owed: Omit<OwedRow, 'place'>, state: Exclude<DeliveryState, 'pending'>, now: number): void {
    const { position, webhook, event, attempts, steps, next, status, batch } = owed;
    leave.run(webhook, position);
    conclude.run(state, attempts, steps, next, status, batch, position);
    webhooks.count(webhook, { pending: -1, dead: state === 'dead' ? 1 : 0 });
    finishIfDone(event, now);
    streams.promote(webhook, owed.stream);
  }

  function record(position: number, number: number, attempt: Attempt): void {
    insertAttempt.run(position, number, ...fromAttempt(attempt));
    if (number > 1 + NEWEST_ATTEMPTS) dropAttempts.run(position, number - NEWEST_ATTEMPTS);
  }

  const find = (delivery: string) => findOwed.get(delivery) as OwedRow | undefined;

  function settle({ delivery, attempt, state, steps, nextAttempt }: Settlement, now: number): void {
    const row = find(delivery);
    // It was settled before, or is not claimed: there is no attempt that this could be the outcome of.
    if (row?.place !== 2) return;
    const { position, webhook } = row;
    record(position, row.attempts, attempt);
    // An attempt with an unknown outcome has no status.
    const status = attempt.outcome === 'unknown' ? row.status : attempt.status;
    if (state === 'pending') {
      // No schedule reaches so far ahead: the clock was set back since.
      const next = nextAttempt > now + FURTHEST ? 0 : nextAttempt;
      postpone.run(steps, next, status, webhook, position);
      streams.promote(webhook, row.stream);
    } else {
      end({ ...row, steps, next: nextAttempt, status }, state, now);
    }
  }

  return {
    find,
    end,
    finishIfDone,

    /** Events and deliveries of a commit, due at once. Yields now and then. */
    *add(
      source: { readonly id: number; readonly lineage: number },
      commit: Commit,
      now: number,
    ): Generator<void, void> {
      const { events, deliveries } = commit;
      const { id: sourceId, lineage } = source;
      const positions = new Map<string, { position: number | bigint; key: string | null }>();
      yield* inStretches(events, ({ id, sequence, key, change, type, timestamp, body }) => {
        const kept = key === null ? null : encode(key);
        const { lastInsertRowid: position } = insertEvent.run(
          ...[id, sourceId, sequence, kept, change, type, timestamp, now, body],
          lineage === sourceId ? null : lineage,
        );
        positions.set(id, { position, key: kept });
      });
      const rows = new Map<string, WebhookRow>();
      const pending = new Map<number, number>();
      yield* inStretches(deliveries, ({ id, event: eventId, webhook: name }) => {
        const event = positions.get(eventId);
        if (!event) throw new Error(`delivery ${id}: event ${eventId} is not of the same commit`);
        const webhook = rows.get(name) ?? webhooks.findOrNew(name);
        rows.set(name, webhook);
        const { lastInsertRowid: position } = insertDelivery.run(id, event.position, sourceId, webhook.id);
        const stream = streamOf(webhook.ordering, lineage, event.key, position);
        enqueue.run(webhook.id, position, stream, streams.isEmpty(webhook.id, stream) ? 1 : 0);
        pending.set(webhook.id, (pending.get(webhook.id) ?? 0) + 1);
      });
      for (const [webhook, count] of pending) webhooks.count(webhook, { pending: count });
      const owed = new Set(deliveries.map(({ event }) => event));
      yield* inStretches(positions, ([id, { position }]) => {
        if (!owed.has(id)) finish.run(position, now);
      });
    },

    settle(settlements: readonly Settlement[], now: number): void {
      for (const settlement of settlements) settle(settlement, now);
    },

    /**
     * Records an unknown outcome for all claimed deliveries, because the process that claimed them has ended. Counts
     * them per webhook.
     */
    interrupt(): Map<string, number> {
      const counts = new Map<string, number>();
      const rows = allClaimed.all() as unknown as (OwedRow & { claimed: number; name: string })[];
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

export type Outbox = ReturnType<typeof createOutbox>;
