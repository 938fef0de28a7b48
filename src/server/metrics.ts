import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from '@prometheus-io/client';
import type { AttemptOutcome, PollNote } from '../model.ts';
import type { Store } from '../store/contract.ts';

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const UP_TO_A_DAY = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 24 * 3600];

const ATTEMPT_OUTCOMES: readonly AttemptOutcome[] = ['delivered', 'failed', 'limited', 'unknown'];
const ENDS = ['delivered', 'dead', 'superseded', 'dropped'];

/** The part of a poll's report that is counted. Durations and times in milliseconds. */
export interface PollObserved {
  readonly source: string;
  readonly result: string;
  readonly duration: number;
  readonly at: number;
  readonly records: number | null;
}

/** The part of a commit that is counted. */
export interface CommitObserved {
  readonly source: string;
  readonly events: readonly { readonly type: string }[];
}

/** The part of an attempt's report that is counted. */
export interface AttemptObserved {
  readonly webhook: string;
  readonly outcome: AttemptOutcome;
  readonly duration: number;
  readonly settled: readonly { readonly state: string; readonly detectionToDelivery: number | null }[];
}

/** The part of a budget's state that is shown. */
export interface BudgetObserved {
  readonly budget: string;
  /** Requests; null if there is no limit. */
  readonly left: number | null;
}

export type Metrics = ReturnType<typeof createMetrics>;

/** All metrics, in a registry of their own. The outbox is read from the store at every scrape. */
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

  const remaining = gauge(
    'pollhook_budget_remaining',
    'Requests that may be sent until the tightest limit.',
    ['budget'],
  );

  const polls = counter('pollhook_polls_total', 'Polls by what came of them.', ['source', 'result']);
  const pollDuration = histogram(
    'pollhook_poll_duration_seconds',
    'From request to commit.',
    ['source'],
    SECONDS,
  );
  const requests = counter(
    'pollhook_requests_total',
    'Requests to sources by status of the answer; "none" without one.',
    ['source', 'status'],
  );
  const events = counter('pollhook_events_total', 'Events committed.', ['source', 'type']);
  const sourceUp = gauge('pollhook_source_up', '1 if the last poll could be trusted.', ['source']);
  const lastSuccess = gauge('pollhook_last_success_timestamp_seconds', 'The last trusted poll.', ['source']);
  const records = gauge('pollhook_records', 'Records that the last trusted poll showed.', ['source']);
  const attempts = counter('pollhook_attempts_total', 'Requests to webhooks by outcome.', [
    'webhook',
    'outcome',
  ]);
  const deliveries = counter('pollhook_deliveries_total', 'Deliveries finished, by how.', [
    'webhook',
    'outcome',
  ]);
  const deliveryDuration = histogram(
    'pollhook_delivery_duration_seconds',
    'One request to a webhook.',
    ['webhook'],
    SECONDS,
  );
  const detectionToDelivery = histogram(
    'pollhook_detection_to_delivery_seconds',
    'From the poll that decided an event to its acknowledgement.',
    ['webhook'],
    UP_TO_A_DAY,
  );
  const commits = histogram('pollhook_state_commit_seconds', 'Durable commits of the state.', [], SECONDS);

  const reloadWorked = gauge(
    'pollhook_config_last_reload_successful',
    '1 if the configuration file as last read applies, 0 if it has mistakes.',
    [],
  );
  reloadWorked.set(1);
  const reloadTime = gauge(
    'pollhook_config_last_reload_success_timestamp_seconds',
    'When a configuration was last read that applies.',
    [],
  );
  reloadTime.set(now() / 1000);

  return {
    contentType: registry.contentType,

    /**
     * When polls of a source become due, sets its gauges from its last poll: alert rules must not lack their series
     * until the next one.
     */
    observeStart(source: string, note: Pick<PollNote, 'succeeded' | 'error'> | null): void {
      if (note) sourceUp.set({ source }, note.error === null ? 1 : 0);
      if (note?.succeeded != null) lastSuccess.set({ source }, note.succeeded / 1000);
    },

    observePoll(report: PollObserved): void {
      const { source, result } = report;
      polls.inc({ source, result });
      pollDuration.observe({ source }, report.duration / 1000);
      sourceUp.set({ source }, result === 'failed' || result === 'suspect' ? 0 : 1);
      if (report.records === null) return;
      lastSuccess.set({ source }, report.at / 1000);
      records.set({ source }, report.records);
    },

    observeRequest(source: string, status: number | null): void {
      requests.inc({ source, status: String(status ?? 'none') });
    },

    observeAttempt(report: AttemptObserved): void {
      const { webhook, outcome, settled } = report;
      attempts.inc({ webhook, outcome });
      deliveryDuration.observe({ webhook }, report.duration / 1000);
      for (const { state, detectionToDelivery: took } of settled) {
        deliveries.inc({ webhook, outcome: state });
        if (took !== null) detectionToDelivery.observe({ webhook }, took / 1000);
      }
    },

    observeReload(applied: boolean): void {
      reloadWorked.set(applied ? 1 : 0);
      if (applied) reloadTime.set(now() / 1000);
    },

    /** Removes the gauges of a source that is not polled, so that they raise no alert. Its counters stay. */
    forget(source: string): void {
      for (const gauge of [sourceUp, lastSuccess, records]) gauge.remove({ source });
    },

    /** Deliveries that will not be sent: a newer update replaced them, or somebody dropped them. */
    observeWithdrawn(webhook: string, outcome: 'superseded' | 'dropped', count: number): void {
      deliveries.inc({ webhook, outcome }, count);
    },

    /** Attempts that were under way when the process before ended. */
    observeInterrupted(webhook: string, count: number): void {
      attempts.inc({ webhook, outcome: 'unknown' }, count);
    },

    observeCommit({ source, events: made }: CommitObserved, milliseconds: number): void {
      commits.observe(milliseconds / 1000);
      for (const { type } of made) events.inc({ source, type });
    },

    /**
     * The text that Prometheus scrapes.
     *
     * @param webhooks of the configuration, which are shown even if nothing is pending
     * @param holds whether nothing is sent to a webhook until a person acts
     */
    async text(
      webhooks: Iterable<string>,
      holds: (webhook: string) => boolean,
      budgets: readonly BudgetObserved[],
    ): Promise<string> {
      remaining.reset();
      for (const { budget, left } of budgets) if (left !== null) remaining.set({ budget }, left);
      outbox.reset();
      oldest.reset();
      for (const webhook of webhooks) {
        for (const state of ['pending', 'held', 'dead']) outbox.set({ webhook, state }, 0);
        oldest.set({ webhook }, 0);
        // Prometheus sees no increase in a series that begins with 1: the first dead letter would raise no alert.
        for (const outcome of ATTEMPT_OUTCOMES) attempts.inc({ webhook, outcome }, 0);
        for (const outcome of ENDS) deliveries.inc({ webhook, outcome }, 0);
      }
      for (const { webhook, pending, dead, oldest: since } of await store.backlog()) {
        const held = holds(webhook);
        outbox.set({ webhook, state: 'pending' }, held ? 0 : pending);
        outbox.set({ webhook, state: 'held' }, held ? pending : 0);
        outbox.set({ webhook, state: 'dead' }, dead);
        oldest.set({ webhook }, since === null ? 0 : Math.max(0, now() - since) / 1000);
      }
      return registry.metrics();
    },
  };
}
