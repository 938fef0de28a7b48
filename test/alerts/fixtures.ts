import { pino } from 'pino';
import { type Alerts, createAlerts } from '../../src/alerts/alerts.ts';
import type { AttemptReport } from '../../src/deliver/report.ts';
import { failure } from '../../src/errors.ts';
import { Redactor } from '../../src/lib/redact.ts';
import type { Delivery, WebhookState } from '../../src/model.ts';
import type { PollReport } from '../../src/poll-report.ts';
import type { Store } from '../../src/store/contract.ts';
import { delivery, SECRET, state } from '../deliver/fixtures.ts';
import type { FakeClock } from '../fake-clock.ts';

/** What a poll of `tickets` came to; unchanged unless said otherwise. */
export function polled(settings: Partial<PollReport> = {}): PollReport {
  return {
    source: 'tickets',
    result: 'unchanged',
    status: 200,
    duration: 5,
    at: Date.parse('2026-11-21T09:30:00.000Z'),
    records: 3,
    changes: { created: 0, updated: 0, deleted: 0 },
    events: [],
    webhooks: [],
    warnings: [],
    failure: null,
    failures: 0,
    doubt: null,
    unsettled: null,
    suspicion: null,
    held: null,
    finished: null,
    baseline: null,
    ...settings,
  };
}

export function failed(failures: number, settings: Partial<PollReport> = {}): PollReport {
  const why = failure('FETCH_STATUS', 'answered 503 Service Unavailable');
  return polled({ result: 'failed', records: null, failure: why, failures, ...settings });
}

/** What an attempt on `agent` came to; delivered unless said otherwise. */
export function attempted(
  standing: Partial<WebhookState> = {},
  settings: Partial<AttemptReport> = {},
): AttemptReport {
  const now = state(standing);
  const owed = delivery(1, { webhook: now.name, attempts: 4 });
  return {
    webhook: now.name,
    outcome: 'delivered',
    duration: 5,
    at: Date.parse('2026-11-21T09:30:00.000Z'),
    deliveries: [owed],
    settled: [{ delivery: owed, state: 'delivered', detectionToDelivery: 10 }],
    status: 204,
    error: null,
    urgent: false,
    standing: now,
    ...settings,
  };
}

export function refused(failures: number, settings: Partial<AttemptReport> = {}): AttemptReport {
  const error = 'answered 500 Internal Server Error';
  const probe = failures < 5 ? null : { at: 1, failed: 0 };
  return attempted({ failures, probe }, { outcome: 'failed', settled: [], status: 500, error, ...settings });
}

/** An attempt after which a delivery is dead. */
export function deadLetter(at: number, owed: Delivery = delivery(1, { attempts: 4 })): AttemptReport {
  const settled = [{ delivery: owed, state: 'dead', detectionToDelivery: null }] as const;
  return refused(1, { at, deliveries: [owed], settled });
}

export interface Sent {
  readonly type: string;
  readonly to: readonly string[];
  readonly data: { readonly [name: string]: unknown };
}

/** Alerts on a real store, and what is owed for them. */
export async function alerting(store: Store, clock: FakeClock, ...sendTo: string[]) {
  const lines: { msg: string; alert?: string; level: number }[] = [];
  const woken: string[] = [];
  const alerts: Alerts = await createAlerts(
    { alerts: sendTo },
    {
      store,
      clock,
      log: pino({ base: null }, { write: (line: string) => lines.push(JSON.parse(line)) }),
      redactor: new Redactor([SECRET]),
      wake: (names) => woken.push(...names),
    },
  );
  return { alerts, lines, woken };
}

/** What is owed of the alert source, in the order of its events. */
export async function owed(store: Store): Promise<Sent[]> {
  const { items } = await store.deliveries({ source: '@pollhook', limit: 1000 });
  const byEvent = Map.groupBy(items, ({ event }) => event.sequence);
  return [...byEvent.values()].map((all) => {
    const { event } = all[0] as (typeof items)[number];
    return { type: event.type, to: all.map(({ webhook }) => webhook), data: JSON.parse(event.body).data };
  });
}
