import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Attempt, Delivery } from '../../model.ts';
import {
  type DeliveryQuery,
  type EventPage,
  type EventQuery,
  type KeptEvent,
  type Page,
  pageOf,
  type Slice,
} from '../archive.ts';
import {
  type AttemptRow,
  DELIVERY_COLUMNS,
  type DeliveryRow,
  EVENT_COLUMNS,
  type EventRow,
  toAttempt,
  toDelivery,
  toEvent,
} from './rows.ts';

/** A condition of a query with its parameters. */
type Condition = readonly [sql: string, ...values: (string | number)[]];

const OF_DELIVERIES = `
  FROM deliveries d NOT INDEXED CROSS JOIN events e ON e.position = d.event CROSS JOIN sources s ON s.id = d.source
    CROSS JOIN webhooks w ON w.id = d.webhook
    LEFT JOIN outbox o ON o.webhook = d.webhook AND o.position = d.position`;
const OF_EVENTS = 'FROM events e NOT INDEXED CROSS JOIN sources s ON s.id = e.source';
const OF_WEBHOOK = `
  FROM deliveries d INDEXED BY deliveries_webhook CROSS JOIN events e ON e.position = d.event
    CROSS JOIN sources s ON s.id = e.source`;

/** The condition for rare states, written exactly as in their partial indexes. */
const UNDELIVERED = "d.state <> 'pending' AND d.state <> 'delivered'";

/** Kept events and deliveries, for people and for receivers that catch up. */
export function createArchive(database: DatabaseSync) {
  const positionOfDelivery = database.prepare('SELECT position FROM deliveries WHERE id = ?');
  const positionOfEvent = database.prepare('SELECT position FROM events WHERE id = ?');
  const positionAtWebhook = database.prepare(
    `SELECT d.position FROM events e JOIN deliveries d ON d.event = e.position JOIN webhooks w ON w.id = d.webhook
     WHERE e.id = ? AND w.name = ?`,
  );
  const deliveriesOf = database.prepare(
    `SELECT d.id, w.name AS webhook, d.state FROM deliveries d JOIN webhooks w ON w.id = d.webhook
     WHERE d.event = ? ORDER BY d.position`,
  );
  const oneEvent = database.prepare(
    `SELECT e.position, ${EVENT_COLUMNS} ${OF_EVENTS.replace('NOT INDEXED', '')} WHERE e.id = ?`,
  );
  const oneDelivery = database.prepare(
    `SELECT ${DELIVERY_COLUMNS} ${OF_DELIVERIES.replace('NOT INDEXED', '')} WHERE d.id = ?`,
  );
  const attemptsOf = database.prepare(
    'SELECT at, outcome, status, duration, error, answer FROM attempts WHERE delivery = ? ORDER BY number',
  );
  const pages = new Map<string, StatementSync>();

  /** Rows one by one, at most one more than the limit. */
  function list(
    select: string,
    conditions: readonly Condition[],
    order: string,
    limit: number,
  ): IteratorObject<unknown> {
    const where = conditions.map(([sql]) => sql).join(' AND ');
    const text = `SELECT ${select} WHERE ${where} ORDER BY ${order} LIMIT ?`;
    const statement = pages.get(text) ?? database.prepare(text);
    pages.set(text, statement);
    return Iterator.from(statement.iterate(...conditions.flatMap(([, ...values]) => values), limit + 1));
  }

  function toKept(row: EventRow & { readonly position: number }): KeptEvent {
    const deliveries = deliveriesOf.all(row.position) as unknown as Pick<
      Delivery,
      'id' | 'webhook' | 'state'
    >[];
    return { event: toEvent(row), created: row.created, deliveries: deliveries.map((one) => ({ ...one })) };
  }

  function eventsAfter(query: EventQuery, after: number | undefined): IteratorObject<KeptEvent> {
    const { webhook, source, type } = query;
    const position = webhook === undefined ? 'e.position' : 'd.position';
    const conditions = slice(query, position, after);
    if (webhook !== undefined)
      conditions.push(['d.webhook = (SELECT id FROM webhooks WHERE name = ?)', webhook]);
    if (source !== undefined) conditions.push(['e.source = (SELECT id FROM sources WHERE name = ?)', source]);
    if (type !== undefined) conditions.push(['e.type = ?', type]);
    const index = type !== undefined ? 'events_type' : source !== undefined ? 'events_source' : null;
    const from =
      webhook !== undefined
        ? OF_WEBHOOK
        : index === null
          ? OF_EVENTS
          : OF_EVENTS.replace('NOT INDEXED', `INDEXED BY ${index}`);
    const order = `${position} ${query.newest ? 'DESC' : 'ASC'}`;
    const rows = list(`e.position, ${EVENT_COLUMNS} ${from}`, conditions, order, query.limit);
    return rows.map((row) => toKept(row as EventRow & { position: number }));
  }

  return {
    event(id: string): KeptEvent | null {
      const row = oneEvent.get(id);
      return row ? toKept(row as unknown as EventRow & { position: number }) : null;
    },

    events(query: EventQuery): EventPage {
      const { after, webhook, limit } = query;
      const found =
        after === undefined || webhook === undefined
          ? positionOfEvent.get(after ?? null)
          : positionAtWebhook.get(after, webhook);
      if (after !== undefined && !found) {
        const [oldest] = eventsAfter({ ...query, newest: false, limit: 1 }, undefined).toArray();
        return { kind: 'unknown', oldest: oldest?.event.id ?? null };
      }
      const events = eventsAfter(query, found && Number(found.position));
      return {
        kind: 'page',
        ...pageOf(
          events,
          limit,
          ({ event }) => event.id,
          ({ event }) => event,
        ),
      };
    },

    delivery(id: string): Delivery | null {
      const row = oneDelivery.get(id) as DeliveryRow | undefined;
      return row ? toDelivery(row) : null;
    },

    deliveries(query: DeliveryQuery): Page<Delivery> {
      const { webhook, source, state, after, limit } = query;
      const start = after === undefined ? undefined : positionOfDelivery.get(after);
      if (after !== undefined && !start) return { items: [], next: null };
      const conditions = slice(query, 'd.position', start && Number(start.position));
      let index = webhook === undefined ? null : 'deliveries_webhook';
      if (webhook !== undefined)
        conditions.push(['d.webhook = (SELECT id FROM webhooks WHERE name = ?)', webhook]);
      if (source !== undefined)
        conditions.push(['d.source = (SELECT id FROM sources WHERE name = ?)', source]);
      // A state is one of our own words.
      if (state !== undefined) conditions.push([`d.state = '${state}'`]);
      if (state === 'pending') conditions.push(...owedBetween(query));
      else if (state !== undefined && state !== 'delivered') {
        // Says that the partial index will do.
        conditions.push([UNDELIVERED]);
        index = webhook === undefined ? 'deliveries_undelivered' : 'deliveries_undelivered_to';
      }
      const from =
        index === null ? OF_DELIVERIES : OF_DELIVERIES.replace('NOT INDEXED', `INDEXED BY ${index}`);
      const order = `d.position ${query.newest ? 'DESC' : 'ASC'}`;
      const rows = list(`${DELIVERY_COLUMNS} ${from}`, conditions, order, limit);
      return pageOf(
        rows.map((row) => toDelivery(row as DeliveryRow)),
        limit,
        ({ id }) => id,
        ({ event }) => event,
      );
    },

    attempts(delivery: string): Attempt[] | null {
      const found = positionOfDelivery.get(delivery);
      return found
        ? (attemptsOf.all(found.position as number) as unknown as AttemptRow[]).map(toAttempt)
        : null;
    },
  };
}

/**
 * The conditions for a part of a list. Only one bound on each end: of two, SQLite would search by one and scan the
 * rows beyond the other.
 */
function slice({ since, newest }: Slice, position: string, after: number | undefined): Condition[] {
  const conditions: Condition[] = [
    after === undefined ? ['true'] : [`${position} ${newest ? '<' : '>'} ?`, after],
  ];
  if (since === undefined) return conditions;
  conditions.push(['e.created >= ?', since]);
  if (after !== undefined && !newest) return conditions;
  const first = '(SELECT min(position) FROM events INDEXED BY events_created WHERE created >= ?)';
  // Deliveries of one commit may have another order than its events: those of the commit before come before all of them.
  const before = `(SELECT position FROM deliveries WHERE event < ${first} ORDER BY event DESC LIMIT 1)`;
  const bound = position === 'e.position' ? `>= ${first}` : `> coalesce(${before}, 0)`;
  return [...conditions, [`${position} ${bound}`, since]];
}

/** Bounds for pending deliveries: the ends of the outbox, or of one webhook's part of it. */
function owedBetween({ webhook, newest, after }: DeliveryQuery): Condition[] {
  const end = (direction: 'ASC' | 'DESC') =>
    `(SELECT position FROM outbox WHERE webhook = w.id ORDER BY position ${direction} LIMIT 1)`;
  const of = webhook === undefined ? '' : 'WHERE w.name = ?';
  const values = webhook === undefined ? [] : [webhook];
  const low: Condition = [`d.position >= (SELECT min(${end('ASC')}) FROM webhooks w ${of})`, ...values];
  const high: Condition = [`d.position <= (SELECT max(${end('DESC')}) FROM webhooks w ${of})`, ...values];
  if (after === undefined) return [low, high];
  return newest ? [low] : [high];
}
