import { isFailing } from '../deliver/outcome.ts';
import type { AttemptReport, Settled } from '../deliver/report.ts';
import { ALERT_SOURCE } from '../lib/alert-source.ts';
import { counted } from '../lib/units.ts';
import type { Delivery, WebhookState } from '../model.ts';
import type { Alert, Subject } from './alert.ts';
import { chain, close, open, quiet, type Reported, type Step } from './episodes.ts';

/** Milliseconds between two reports of dead letters or refusals of a webhook, which are events without an end. */
export const OFTEN = 3_600_000;

/** The alerts after an attempt, given what was reported before. Dead letters are reported by {@link deadLetters}. */
export function afterAttempt(reported: Reported, { standing, urgent, error, at }: AttemptReport): Step {
  return chain(afterStanding(reported, standing, error, at), (now) => {
    if (!urgent || standing.held || now.open.failing !== undefined) return quiet(now);
    if (within(now.last.refused, at)) return quiet(now);
    const subject: Subject = { kind: 'webhook', name: standing.name };
    const message = `${error}; a retry is unlikely to help`;
    const step = open(now, 'failing', { subject, at, message, details: { failures: standing.failures } });
    return { ...step, reported: { ...step.reported, last: { ...step.reported.last, refused: at } } };
  });
}

/** The alerts for a state of a webhook. */
export function afterStanding(
  reported: Reported,
  standing: WebhookState,
  error: string | null,
  at: number,
): Step {
  const { name, failures, held, probe } = standing;
  const subject: Subject = { kind: 'webhook', name };
  if (held) {
    const message = `${held.reason}: nothing is sent, its events are kept; correct its url, or try once more: pollhook resume ${name}`;
    return open(reported, 'held', { subject, at, message });
  }
  if (isFailing(standing)) {
    const why = error === null ? '' : `: ${error}`;
    const message = `${failures} failed attempts in a row${why}; one event at a time probes it, the others wait`;
    return open(reported, 'failing', { subject, at, message, details: { failures } });
  }
  return failures === 0 && !probe ? close(reported, ['failing', 'held'], subject, at) : quiet(reported);
}

/** Whether a report was so recent that it is not repeated. A clock that was set back suppresses nothing. */
export function within(last: number | undefined, now: number): boolean {
  return last !== undefined && last <= now && now - last < OFTEN;
}

/** Dead letters of one webhook that were not reported yet. Undeliverable alerts are never reported. */
export interface DeadLetters {
  readonly count: number;
  readonly newest: Delivery;
  readonly error: string | null;
}

export function isDeadLetter({ state, delivery }: Settled): boolean {
  return state === 'dead' && delivery.event.source !== ALERT_SOURCE;
}

export function deadLetters(
  reported: Reported,
  { count, newest: delivery, error }: DeadLetters,
  at: number,
): Step {
  const { webhook } = delivery;
  const { id, type, source, key } = delivery.event;
  const which = count === 1 ? `a ${type} event` : `${counted(count, 'event')}, at last one of type ${type},`;
  const message = `${which} could not be delivered after ${counted(delivery.attempts, 'attempt')}: ${error}; kept, sent again by: pollhook retry ${delivery.id}`;
  const details = { count, delivery: delivery.id, event: id, event_type: type, event_source: source, key };
  const alert: Alert = {
    type: 'pollhook.delivery.dead',
    subject: { kind: 'webhook', name: webhook },
    at,
    message,
    details,
  };
  return { reported: { ...reported, last: { ...reported.last, dead: at } }, alerts: [alert] };
}
