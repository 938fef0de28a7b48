import type { DatabaseSync } from 'node:sqlite';
import type { WebhookState } from '../../model.ts';
import type { Backlog } from '../contract.ts';
import type { Order } from './streams.ts';

export interface WebhookRow {
  readonly id: number;
  readonly ordering: Order;
}

/** Webhooks: their states, and counters of their deliveries, so that rows need not be counted. */
export function createWebhooks(database: DatabaseSync) {
  const insert = database.prepare('INSERT OR IGNORE INTO webhooks (name) VALUES (?)');
  const find = database.prepare('SELECT id, ordering FROM webhooks WHERE name = ?');
  const setState = database.prepare('UPDATE webhooks SET state = ? WHERE name = ?');
  const states = database.prepare('SELECT state FROM webhooks WHERE state IS NOT NULL ORDER BY id');
  const count = database.prepare('UPDATE webhooks SET pending = pending + ?, dead = dead + ? WHERE id = ?');
  const backlog = database.prepare(`
    SELECT name AS webhook, pending, dead,
      (SELECT e.created FROM outbox o JOIN deliveries d ON d.position = o.position JOIN events e ON e.position = d.event
       WHERE o.webhook = w.id ORDER BY o.position LIMIT 1) AS oldest
    FROM webhooks w WHERE pending + dead > 0 ORDER BY w.id`);

  /** Rows that were found: asked for at every claim. */
  const known = new Map<string, WebhookRow>();

  function row(name: string): WebhookRow | undefined {
    const found = known.get(name) ?? (find.get(name) as WebhookRow | undefined);
    if (found) known.set(name, found);
    return found;
  }

  return {
    find: row,

    findOrNew(name: string): WebhookRow {
      const found = row(name);
      if (found) return found;
      insert.run(name);
      return row(name) as WebhookRow;
    },

    /** Rows have changed, or were never there: a transaction was rolled back. */
    forget: () => known.clear(),

    count(webhook: number, { pending = 0, dead = 0 }: { pending?: number; dead?: number }): void {
      count.run(pending, dead, webhook);
    },

    setState(state: WebhookState): void {
      insert.run(state.name);
      setState.run(JSON.stringify(state), state.name);
    },

    states: () => states.all().map(({ state }) => JSON.parse(String(state)) as WebhookState),

    backlog: () => backlog.all().map((row) => ({ ...row }) as unknown as Backlog),
  };
}

export type Webhooks = ReturnType<typeof createWebhooks>;
