import { deliveryId, eventId } from '../detect/events.ts';
import { ALERT_SOURCE } from '../lib/alert-source.ts';
import { isoTime } from '../lib/iso-time.ts';
import type { Redactor } from '../lib/redact.ts';
import type { ChangeEvent, JsonObject } from '../model.ts';
import type { NewDelivery } from '../store/contract.ts';

/** The operational events of the wire contract. */
export type AlertType =
  | `pollhook.source.${'failing' | 'recovered' | 'stale' | 'suspect' | 'rebaselined' | 'finished'}`
  | `pollhook.webhook.${'failing' | 'held' | 'recovered'}`
  | 'pollhook.delivery.dead'
  | `pollhook.config.${'rejected' | 'reloaded'}`;

export interface Subject {
  readonly kind: 'source' | 'webhook';
  readonly name: string;
}

/** A message to the operator. */
export interface Alert {
  readonly type: AlertType;
  /** Null: the configuration as a whole. */
  readonly subject: Subject | null;
  /** Unix milliseconds. */
  readonly at: number;
  /** For a person: what is wrong, what follows, what to do. */
  readonly message: string;
  /** For a program, beside it. */
  readonly details: JsonObject;
}

/** The key of the event's record, so that alerts about one subject arrive in order. */
export function keyOf(subject: Subject | null): string {
  return subject ? `${subject.kind}/${subject.name}` : 'config';
}

/** Characters of a message at most, since it may quote a server. */
const LONGEST_MESSAGE = 1000;

/** The event of an alert: the envelope of all events, in which `data.source` or `data.webhook` names the subject. */
export function alertEvent(
  { type, subject, at, message, details }: Alert,
  { identity, sequence, redactor }: { identity: string; sequence: number; redactor: Redactor },
): ChangeEvent {
  const key = keyOf(subject);
  const data = {
    ...(subject && { [subject.kind]: subject.name }),
    message: redactor.redact(message).slice(0, LONGEST_MESSAGE),
    ...details,
    sequence,
  };
  return {
    id: eventId([identity, ALERT_SOURCE, sequence, key, type, at]),
    source: ALERT_SOURCE,
    sequence,
    key,
    change: 'created',
    type,
    timestamp: at,
    body: JSON.stringify({ type, timestamp: isoTime(at), data }),
  };
}

/** The deliveries of an alert: to all webhooks of `alerts.send_to` except the one that it is about. */
export function owedFor(event: ChangeEvent, { subject }: Alert, sendTo: readonly string[]): NewDelivery[] {
  return sendTo
    .filter((webhook) => subject?.kind !== 'webhook' || webhook !== subject.name)
    .map((webhook) => ({ id: deliveryId(event.id, webhook), event: event.id, webhook }));
}
