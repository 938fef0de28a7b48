import type { DatabaseSync } from 'node:sqlite';
import type { Retention } from '../contract.ts';
import type { Webhooks } from './webhooks.ts';

/** Events of one step: a few milliseconds. */
const STEP = 200;
/** Pages of 4 KiB that one step returns to the file system, and that may stay free for reuse. */
const VACUUM_STEP = 500;
const FREE_PAGES = 2000;

/** Removes finished events, and returns their space to the file system, in small steps. */
export function createRetention(database: DatabaseSync, webhooks: Webhooks) {
  const older = database.prepare('SELECT event FROM finished WHERE dead = ? AND at < ? ORDER BY at LIMIT ?');
  const oldest = database.prepare('SELECT event FROM finished ORDER BY event LIMIT ?');
  const count = database.prepare('SELECT count(*) AS count FROM finished');
  const deliveriesOf = database.prepare('SELECT position, webhook, state FROM deliveries WHERE event = ?');
  const deleteAttempts = database.prepare('DELETE FROM attempts WHERE delivery = ?');
  const deleteDeliveries = database.prepare('DELETE FROM deliveries WHERE event = ?');
  const deleteEvent = database.prepare('DELETE FROM events WHERE position = ?');
  const deleteFinished = database.prepare('DELETE FROM finished WHERE event = ?');
  const freePages = database.prepare('PRAGMA freelist_count');

  function remove(event: number): void {
    for (const { position, webhook, state } of deliveriesOf.all(event) as unknown as DeliveryRow[]) {
      deleteAttempts.run(position);
      if (state === 'dead') webhooks.count(webhook, { dead: -1 });
    }
    deleteDeliveries.run(event);
    deleteEvent.run(event);
    deleteFinished.run(event);
  }

  function excess(maxEvents: number): number {
    const finished = Number(count.get()?.count);
    return Math.max(0, Math.min(STEP, finished - maxEvents));
  }

  return {
    /** One step; true if there is more to do. */
    retain({ now, delivered, dead, maxEvents }: Retention): boolean {
      const past = new Set(
        [
          ...older.all(0, now - delivered, STEP),
          // An event is kept as long as any of its deliveries.
          ...older.all(1, now - Math.max(delivered, dead), STEP),
          ...oldest.all(excess(maxEvents)),
        ].map(({ event }) => Number(event)),
      );
      const step = [...past].slice(0, STEP);
      for (const event of step) remove(event);
      if (step.length === STEP) return true;
      const free = Number(freePages.get()?.freelist_count) - FREE_PAGES;
      if (free > 0) database.exec(`PRAGMA incremental_vacuum(${Math.min(free, VACUUM_STEP)})`);
      return free > VACUUM_STEP;
    },
  };
}

interface DeliveryRow {
  readonly position: number;
  readonly webhook: number;
  readonly state: string;
}
