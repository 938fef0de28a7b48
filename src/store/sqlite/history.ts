import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Attempt, Delivery } from '../../model.ts';
import type { DeliveryQuery, Page } from '../archive.ts';
import { type AttemptRow, DELIVERY_COLUMNS, type DeliveryRow, toAttempt, toDelivery } from './rows.ts';

/** Everything that is or was owed, for people. */
export function createHistory(database: DatabaseSync) {
  const positionOf = database.prepare('SELECT position FROM deliveries WHERE id = ?');
  const attemptsOf = database.prepare(
    'SELECT at, outcome, status, duration, error, answer FROM attempts WHERE delivery = ? ORDER BY number',
  );
  const pages = new Map<string, StatementSync>();

  function page(conditions: readonly string[]): StatementSync {
    const where = ['d.position > ?', ...conditions].join(' AND ');
    const prepared =
      pages.get(where) ??
      database.prepare(`
        SELECT ${DELIVERY_COLUMNS}
        FROM deliveries d CROSS JOIN events e ON e.position = d.event CROSS JOIN sources s ON s.id = d.source
          CROSS JOIN webhooks w ON w.id = d.webhook
          LEFT JOIN outbox o ON o.webhook = d.webhook AND o.position = d.position
        WHERE ${where} ORDER BY d.position LIMIT ?`);
    pages.set(where, prepared);
    return prepared;
  }

  const position = (id: string) => positionOf.get(id)?.position as number | undefined;

  return {
    deliveries({ webhook, source, state, after, limit }: DeliveryQuery): Page<Delivery> {
      const start = after === undefined ? 0 : position(after);
      if (start === undefined) return { items: [], next: null };
      const conditions: string[] = [];
      const values: string[] = [];
      if (webhook !== undefined) {
        conditions.push('d.webhook = (SELECT id FROM webhooks WHERE name = ?)');
        values.push(webhook);
      }
      if (source !== undefined) {
        conditions.push('d.source = (SELECT id FROM sources WHERE name = ?)');
        values.push(source);
      }
      // A state is one of our own words; written out, it lets SQLite use the index of the dead.
      if (state !== undefined) conditions.push(`d.state = '${state}'`);
      const rows = page(conditions).all(start, ...values, limit + 1) as unknown as DeliveryRow[];
      const items = rows.slice(0, limit).map(toDelivery);
      return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
    },

    attempts(delivery: string): Attempt[] | null {
      const found = position(delivery);
      return found === undefined ? null : (attemptsOf.all(found) as unknown as AttemptRow[]).map(toAttempt);
    },
  };
}
