import { isFailing } from '../deliver/outcome.ts';
import type { AttemptReport, Settled } from '../deliver/report.ts';
import { ALERT_SOURCE } from '../lib/alert-source.ts';
import { counted } from '../lib/units.ts';
import type { Delivery, WebhookState } from '../model.ts';
import type { Alert, Subject } from './alert.ts';
import { chain, close, open, quiet, type Step, type Told } from './episodes.ts';

/** What has no end, a dead letter or a refusal, is told at most once in so many milliseconds for each webhook. */
export const OFTEN = 3_600_000;

/** What an attempt says about its webhook, given what was told of it. Dead letters are {@link deadLetters}. */
export function afterAttempt(told: Told, { standing, urgent, error, at }: AttemptReport): Step {
  return chain(afterStanding(told, standing, error, at), (now) => {
    if (!urgent || standing.held || now.open.failing !== undefined) return quiet(now);
    if (within(now.last.refused, at)) return quiet(now);
    const subject: Subject = { kind: 'webhook', name: standing.name };
    const message = `${error}; a retry is unlikely to help`;
    const step = open(now, 'failing', subject, at, message, { failures: standing.failures });
    return { ...step, told: { ...step.told, last: { ...step.told.last, refused: at } } };
  });
}

/** How a webhook stands as a whole. */
export function afterStanding(told: Told, standing: WebhookState, error: string | null, at: number): Step {
  const { name, failures, held, probe } = standing;
  const subject: Subject = { kind: 'webhook', name };
  if (held) {
    const message = `${held.reason}: nothing is sent, its events are kept; correct its url, or try once more: pollhook resume ${name}`;
    return open(told, 'held', subject, at, message);
  }
  if (isFailing(standing)) {
    const why = error === null ? '' : `: ${error}`;
    const message = `${failures} failed attempts in a row${why}; one event at a time probes it, the others wait`;
    return open(told, 'failing', subject, at, message, { failures });
  }
  return failures === 0 && !probe ? close(told, ['failing', 'held'], subject, at) : quiet(told);
}

/** Whether a time is so recent that nothing is said again. A clock that was set back silences nobody. */
export function within(last: number | undefined, now: number): boolean {
  return last !== undefined && last <= now && now - last < OFTEN;
}

/** Dead letters of one webhook that were not told yet. Those that are alerts themselves are never told. */
export interface DeadLetters {
  readonly count: number;
  readonly newest: Delivery;
  readonly error: string | null;
}

export function isDeadLetter({ state, delivery }: Settled): boolean {
  return state === 'dead' && delivery.event.source !== ALERT_SOURCE;
}

export function deadLetters(told: Told, { count, newest: delivery, error }: DeadLetters, at: number): Step {
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
  return { told: { ...told, last: { ...told.last, dead: at } }, alerts: [alert] };
}
