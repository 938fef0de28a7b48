import type { WebhookConfig } from '../config/document.ts';
import { formatWait } from '../lib/units.ts';
import type { AttemptOutcome, Delivery, WebhookState } from '../model.ts';
import type { Meaning } from './meaning.ts';
import { isFailing, type Outcome, type Tried } from './outcome.ts';

/** What observers (metrics, alerts) learn of an attempt once it is recorded. Durations in milliseconds. */
export interface AttemptReport {
  readonly webhook: string;
  readonly outcome: AttemptOutcome;
  readonly duration: number;
  /** What became of the delivery; null while it is still owed. */
  readonly settled: 'delivered' | 'dead' | null;
  /** From the poll that decided the event to its receipt; null unless delivered. */
  readonly detectionToDelivery: number | null;
  /** When it ended, Unix milliseconds. */
  readonly at: number;
  /** As it was when the attempt began. */
  readonly delivery: Delivery;
  /** Why it failed; null when delivered or unknown. */
  readonly error: string | null;
  /** Repeating alone will hardly help. */
  readonly urgent: boolean;
  /** How the webhook stands now. */
  readonly standing: WebhookState;
}

export function reportOf(
  { delivery, ended }: Tried,
  { meaning, settlement, webhook: standing }: Outcome,
): AttemptReport {
  const { state, attempt } = settlement;
  return {
    webhook: delivery.webhook,
    outcome: attempt.outcome,
    duration: attempt.duration,
    settled: state === 'pending' ? null : state,
    detectionToDelivery: state === 'delivered' ? ended - delivery.event.timestamp : null,
    at: ended,
    delivery,
    error: attempt.error,
    urgent: meaning.kind === 'failed' && meaning.urgent,
    standing,
  };
}

/** The line of the log about one attempt: what happened, and what follows. `warn` is for what an operator should see. */
export interface LogLine {
  readonly level: 'info' | 'warn';
  readonly fields: Readonly<Record<string, string | number | null>>;
  readonly message: string;
}

/** @param before how the webhook stood before the attempt ended */
export function lineOf(
  tried: Tried,
  outcome: Outcome,
  before: WebhookState,
  webhook: WebhookConfig,
): LogLine {
  const { delivery } = tried;
  const { meaning, settlement } = outcome;
  const error = 'failure' in meaning ? meaning.failure : null;
  const episode = episodeOf(before, outcome.webhook);
  return {
    level: episode?.alarming || needsOperator(outcome) ? 'warn' : 'info',
    fields: {
      source: delivery.event.source,
      event_id: delivery.event.id,
      attempt: delivery.attempts,
      status: settlement.attempt.status,
      duration_ms: Math.round(settlement.attempt.duration),
      ...(error && { err: error.code }),
    },
    message: happened(meaning) + follows(tried, outcome, webhook) + (episode?.text ?? ''),
  };
}

function needsOperator({ meaning, settlement }: Outcome): boolean {
  return (
    settlement.state === 'dead' || meaning.kind === 'gone' || (meaning.kind === 'failed' && meaning.urgent)
  );
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

function follows(
  { ended }: Tried,
  { meaning, settlement, webhook: state }: Outcome,
  webhook: WebhookConfig,
): string {
  if (settlement.state === 'dead') return '; dead: kept, not sent again by itself';
  if (state.held && meaning.kind === 'failed') return '; the webhook is held';
  switch (meaning.kind) {
    case 'limited':
      return `; the webhook goes on in ${formatWait(state.pausedUntil - ended)}`;
    case 'gone':
      return '; the webhook is held, its events are kept: correct its url, or restart to try once more';
    case 'failed': {
      if (state.probe) return `; next probe in ${formatWait(state.probe.at - ended)}`;
      const { steps, nextAttempt } = settlement;
      const attempts = webhook.retry.schedule.length + 1;
      const next = Math.max(nextAttempt, state.pausedUntil);
      return `; next attempt in ${formatWait(next - ended)} (${steps + 1} of ${attempts})`;
    }
    default:
      return '';
  }
}

/** A webhook began or ceased to fail: said once per episode. */
function episodeOf(before: WebhookState, after: WebhookState) {
  if (isFailing(before) === isFailing(after)) return null;
  return isFailing(after)
    ? { alarming: true, text: `; the webhook is failing after ${after.failures} failed attempts in a row` }
    : { alarming: false, text: '; the webhook works again' };
}
