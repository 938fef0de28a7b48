import type { z } from 'zod';
import { systemClock } from '../../lib/clock.ts';
import { counted, formatWait } from '../../lib/units.ts';
import type { deliveryView, eventView, SourceView, WebhookView } from '../../server/api/schemas.ts';
import type { Io } from '../io.ts';
import { table, until, when } from '../table.ts';
import { type ClientOptions, connect } from './client.ts';

export interface ListOptions extends ClientOptions {
  readonly limit?: number;
  readonly json?: boolean;
  readonly state?: string;
  readonly source?: string;
  readonly webhook?: string;
  readonly type?: string;
  readonly since?: string;
}

type Event = z.infer<typeof eventView>;
type Delivery = z.infer<typeof deliveryView>;

/** A kind of items that can be listed, and how they are shown as table rows. */
interface Kind<T> {
  readonly path: string;
  readonly none: string;
  readonly head: readonly string[];
  readonly row: (item: T, now: number) => readonly string[];
}

const SOURCES: Kind<SourceView> = {
  path: 'sources',
  none: 'no sources',
  head: ['SOURCE', 'STATE', 'RECORDS', 'LAST POLL', 'NEXT POLL', 'EVERY', 'WHY'],
  row: (one, now) => [
    ...[one.name, one.state, String(one.records), when(one.last_poll, now), until(one.next_poll, now)],
    ...[everyOf(one), one.error ?? one.pace?.why ?? '-'],
  ],
};

/** The interval of a source; for a learned one also the current interval and the expected wait. */
function everyOf({ interval, cron, pace }: SourceView): string {
  const written = interval ?? cron ?? '-';
  if (!pace) return written;
  const [now, wait] = [pace.interval_ms, pace.expected_wait_ms].map(formatWait);
  return `${written}: ${now}, ${pace.changes_per_hour} changes/h, wait ${wait}`;
}

const WEBHOOKS: Kind<WebhookView> = {
  path: 'webhooks',
  none: 'no webhooks',
  head: ['WEBHOOK', 'STATE', 'PENDING', 'DEAD', 'OLDEST', 'RECEIVER', 'WHY'],
  row: (one, now) => [
    ...[one.name, one.state, String(one.pending), String(one.dead), when(one.oldest_pending, now)],
    ...[one.receiver ?? '-', one.reason ?? failuresOf(one)],
  ],
};

function failuresOf({ failures, recent: { error } }: WebhookView): string {
  if (failures === 0) return '-';
  return `${counted(failures, 'failed attempt')} in a row${error === null ? '' : `: ${error}`}`;
}

const EVENTS: Kind<Event> = {
  path: 'events',
  none: 'no events',
  head: ['EVENT', 'WHEN', 'TYPE', 'SOURCE', 'KEY', 'DELIVERIES'],
  row: (one, now) => [
    ...[one.id, when(one.timestamp, now), one.type, one.source, one.key ?? '-'],
    one.deliveries.map(({ webhook, state }) => `${webhook}: ${state}`).join(', ') || '-',
  ],
};

const DELIVERIES: Kind<Delivery> = {
  path: 'deliveries',
  none: 'no deliveries',
  head: ['DELIVERY', 'STATE', 'WEBHOOK', 'CREATED', 'ATTEMPTS', 'STATUS', 'NEXT', 'TYPE', 'SOURCE', 'KEY'],
  row: (one, now) => [
    ...[one.id, one.state, one.webhook, when(one.created, now), String(one.attempts)],
    ...[String(one.last_status ?? '-'), until(one.next_attempt, now), one.type, one.source, one.key ?? '-'],
  ],
};

export const listSources = listing(SOURCES);
export const listWebhooks = listing(WEBHOOKS);
export const listEvents = listing(EVENTS);
export const listDeliveries = listing(DELIVERIES);

/** A command that lists items: as a table, or with `--json` as the API gives them. */
function listing<T>({ path, none, head, row }: Kind<T>) {
  return async (options: ListOptions, io: Io): Promise<0> => {
    const { config: _, url: __, json = false, limit = Number.POSITIVE_INFINITY, ...filters } = options;
    const client = connect(options, io);
    const { items, next } = await client.list(path, filters, limit);
    if (json) {
      io.out(`${JSON.stringify({ items, next })}\n`);
      return 0;
    }
    const now = systemClock.now();
    if (items.length === 0) io.err(`${none}${Object.keys(filters).length > 0 ? ' of this kind' : ''}\n`);
    else
      io.out(
        table(
          head,
          (items as unknown as T[]).map((item) => row(item, now)),
          io.columns,
        ),
      );
    if (next !== null) io.err(`there are more than these ${items.length}: --limit shows them\n`);
    return 0;
  };
}
