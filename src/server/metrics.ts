import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from '@prometheus-io/client';
import type { Store } from '../store/contract.ts';

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const MINUTES = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 24 * 3600];

/** The metrics of surface.md, in a registry of their own. What is owed is read from the store at every scrape. */
export type Metrics = ReturnType<typeof createMetrics>;

export function createMetrics(store: Pick<Store, 'backlog'>, now: () => number) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Counter({ name, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Gauge({ name, help, labelNames, registers });
  const histogram = <L extends string>(name: string, help: string, labelNames: L[], buckets: number[]) =>
    new Histogram({ name, help, labelNames, buckets, registers });

  const outbox = gauge('pollhook_outbox', 'Deliveries that are not finished.', ['webhook', 'state']);
  const oldest = gauge('pollhook_oldest_pending_seconds', 'Age of the oldest pending delivery.', ['webhook']);

  return {
    polls: counter('pollhook_polls_total', 'Polls by what came of them.', ['source', 'result']),
    pollDuration: histogram('pollhook_poll_duration_seconds', 'From request to commit.', ['source'], SECONDS),
    requests: counter('pollhook_requests_total', 'HTTP answers from sources; status "none" without one.', [
      'source',
      'status',
    ]),
    events: counter('pollhook_events_total', 'Events committed.', ['source', 'type']),
    attempts: counter('pollhook_attempts_total', 'Requests to webhooks by outcome.', ['webhook', 'outcome']),
    deliveries: counter('pollhook_deliveries_total', 'Deliveries finished, by how.', ['webhook', 'outcome']),
    deliveryDuration: histogram(
      'pollhook_delivery_duration_seconds',
      'One request to a webhook.',
      ['webhook'],
      SECONDS,
    ),
    latency: histogram(
      'pollhook_detection_to_delivery_seconds',
      'From the poll that decided an event to its acknowledgement.',
      ['webhook'],
      MINUTES,
    ),
    sourceUp: gauge('pollhook_source_up', '1 if the last poll could be trusted.', ['source']),
    lastSuccess: gauge('pollhook_last_success_timestamp_seconds', 'When the last trusted poll began.', [
      'source',
    ]),
    records: gauge('pollhook_records', 'Records that the last trusted poll showed.', ['source']),
    commit: histogram('pollhook_state_commit_seconds', 'Durable commits of the state.', [], SECONDS),
    contentType: registry.contentType,

    /** The text that Prometheus scrapes. */
    async text(): Promise<string> {
      outbox.reset();
      oldest.reset();
      for (const { webhook, pending, dead, oldest: since } of await store.backlog()) {
        outbox.set({ webhook, state: 'pending' }, pending);
        outbox.set({ webhook, state: 'dead' }, dead);
        oldest.set({ webhook }, since === null ? 0 : Math.max(0, now() - since) / 1000);
      }
      return registry.metrics();
    },
  };
}
