import type { WebhookConfig } from '../config/document.ts';
import { counted, formatWait } from '../lib/units.ts';
import type { Attempt, AttemptOutcome, Delivery, WebhookState } from '../model.ts';
import type { Superseded } from '../store/contract.ts';
import type { Meaning } from './meaning.ts';
import { isFailing, type Outcome, type Tried } from './outcome.ts';
import type { Parcel } from './request.ts';

/**
 * What observers (metrics, alerts, console) are given after each attempt, once it is recorded. Durations in
 * milliseconds.
 */
export interface AttemptReport {
  readonly webhook: string;
  readonly outcome: AttemptOutcome;
  readonly duration: number;
  /** When it ended, Unix milliseconds. */
  readonly at: number;
  /** As they were when the attempt began: several if they were sent as one batch. */
  readonly deliveries: Parcel;
  /** Deliveries that were settled by it. */
  readonly settled: readonly Settled[];
  readonly status: Attempt['status'];
  /** Why it failed; null when delivered or unknown. */
  readonly error: string | null;
  /** Whether a repetition is unlikely to help, so that the operator is alerted at once. */
  readonly urgent: boolean;
  /** State of the webhook after the attempt. */
  readonly standing: WebhookState;
}

export interface Settled {
  readonly delivery: Delivery;
  readonly state: 'delivered' | 'dead';
  /** From the poll that decided the event to its receipt; null unless delivered. */
  readonly detectionToDelivery: number | null;
}

export function reportOf(
  { deliveries, ended }: Tried,
  { meaning, attempt, settlements, webhook: standing }: Outcome,
): AttemptReport {
  const settled = deliveries.flatMap((delivery, index): Settled[] => {
    const state = settlements[index]?.state;
    if (state !== 'delivered' && state !== 'dead') return [];
    const took = state === 'delivered' ? ended - delivery.event.timestamp : null;
    return [{ delivery, state, detectionToDelivery: took }];
  });
  return {
    webhook: deliveries[0].webhook,
    outcome: attempt.outcome,
    duration: attempt.duration,
    at: ended,
    deliveries,
    settled,
    status: attempt.status,
    error: attempt.error,
    urgent: meaning.kind === 'failed' && meaning.urgent,
    standing,
  };
}

/** A log line. `warn` is for what an operator should see. */
export interface LogLine {
  readonly level: 'info' | 'warn';
  readonly fields: Readonly<Record<string, string | number | null>>;
  readonly message: string;
}

/**
 * The log line of an attempt: what happened, and what follows.
 *
 * @param before state of the webhook before the attempt ended
 */
export function lineOf(
  tried: Tried,
  outcome: Outcome,
  before: WebhookState,
  webhook: WebhookConfig,
): LogLine {
  const [first] = tried.deliveries;
  const { meaning, attempt } = outcome;
  const error = 'failure' in meaning ? meaning.failure : null;
  const episode = episodeOf(before, outcome.webhook);
  return {
    level: episode?.alarming || needsOperator(outcome) ? 'warn' : 'info',
    fields: {
      ...whatOf(tried.deliveries),
      attempt: first.attempts,
      status: attempt.status,
      duration_ms: Math.round(attempt.duration),
      ...(error && { err: error.code }),
    },
    message: happened(meaning) + follows(tried, outcome, webhook) + (episode?.text ?? ''),
  };
}

/** The log line of a delivery that a newer one replaced before it was sent. */
export function supersededLine({ source, event, by }: Superseded): [LogLine['fields'], string] {
  return [{ source, event_id: event, by }, 'superseded: a newer update of the same record is sent instead'];
}

function whatOf([{ event, batch }, ...others]: Parcel): LogLine['fields'] {
  if (others.length === 0 && batch === null) return { source: event.source, event_id: event.id };
  return { batch, events: others.length + 1 };
}

function deadOf({ settlements }: Outcome): number {
  return settlements.filter(({ state }) => state === 'dead').length;
}

function needsOperator(outcome: Outcome): boolean {
  const { meaning } = outcome;
  return deadOf(outcome) > 0 || meaning.kind === 'gone' || (meaning.kind === 'failed' && meaning.urgent);
}

function happened(meaning: Meaning): string {
  switch (meaning.kind) {
    case 'delivered':
      return 'delivered';
    case 'unknown':
      return 'stopped before an answer came; it is sent again after the next start';
    case 'limited':
      return `limited: ${meaning.failure.message}`;
    case 'gone':
    case 'failed':
    case 'refused':
    case 'unsent':
      return `failed: ${meaning.failure.message}`;
  }
}

function follows({ deliveries, ended }: Tried, outcome: Outcome, webhook: WebhookConfig): string {
  const { meaning, settlements, webhook: state } = outcome;
  const dead = deadOf(outcome);
  if (dead > 0) {
    const which = dead === 1 && deliveries.length === 1 ? 'dead' : `${counted(dead, 'event')} dead`;
    return `; ${which}: kept, not retried automatically`;
  }
  if (state.held && meaning.kind === 'failed') return '; the webhook is held';
  switch (meaning.kind) {
    case 'limited':
      return `; the webhook goes on in ${formatWait(state.pausedUntil - ended)}`;
    case 'gone':
      return '; the webhook is held, its events are kept: correct its url, or try once more: resume it, or restart';
    case 'failed': {
      if (state.probe) return `; next probe in ${formatWait(state.probe.at - ended)}`;
      const [{ steps, nextAttempt }] = settlements;
      const attempts = webhook.retry.schedule.length + 1;
      const next = Math.max(nextAttempt, state.pausedUntil);
      return `; next attempt in ${formatWait(next - ended)} (${steps + 1} of ${attempts})`;
    }
    default:
      return '';
  }
}

/** Whether the webhook began or ceased to fail with this attempt; logged once per episode. */
function episodeOf(before: WebhookState, after: WebhookState) {
  if (isFailing(before) === isFailing(after)) return null;
  return isFailing(after)
    ? { alarming: true, text: `; the webhook is failing after ${after.failures} failed attempts in a row` }
    : { alarming: false, text: '; the webhook works again' };
}
