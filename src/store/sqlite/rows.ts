import type { Attempt, ChangeEvent, ChangeKind, Delivery, DeliveryState } from '../../model.ts';
import { decode, encode } from './text.ts';

/** The columns of an event, `s` being its source. */
export const EVENT_COLUMNS =
  'e.id AS event, s.name AS source, e.sequence, e.key, e.change, e.type, e.timestamp, e.created, e.body';

/**
 * The columns of a whole delivery: changing ones come from the outbox (`o`) while it is pending, else from its own
 * row.
 */
export const DELIVERY_COLUMNS = `
  d.position, d.id, w.name AS webhook, d.state,
  coalesce(o.attempts, d.attempts) AS attempts, coalesce(o.steps, d.steps) AS steps, coalesce(o.next, d.next) AS next,
  iif(o.position IS NULL, d.status, o.status) AS status, iif(o.position IS NULL, d.batch, o.batch) AS batch,
  ${EVENT_COLUMNS}`;

export interface DeliveryRow {
  readonly position: number;
  readonly id: string;
  readonly webhook: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly steps: number;
  readonly next: number;
  readonly status: number | null;
  readonly batch: string | null;
  readonly event: string;
  readonly source: string;
  readonly sequence: number;
  readonly key: string | null;
  readonly change: ChangeKind;
  readonly type: string;
  readonly timestamp: number;
  readonly created: number;
  readonly body: string;
}

export type EventRow = Pick<
  DeliveryRow,
  'event' | 'source' | 'sequence' | 'key' | 'change' | 'type' | 'timestamp' | 'created' | 'body'
>;

export function toEvent(row: EventRow): ChangeEvent {
  const { event: id, source, sequence, change, type, timestamp, body } = row;
  const key = row.key === null ? null : decode(row.key);
  return { id, source, sequence, key, change, type, timestamp, body };
}

export function toDelivery(row: DeliveryRow): Delivery {
  return {
    id: row.id,
    webhook: row.webhook,
    event: toEvent(row),
    created: row.created,
    state: row.state,
    attempts: row.attempts,
    steps: row.steps,
    nextAttempt: row.next,
    lastStatus: row.status,
    batch: row.batch,
  };
}

export interface AttemptRow extends Omit<Attempt, 'error' | 'answer'> {
  readonly error: string | null;
  readonly answer: string | null;
}

export function toAttempt(row: AttemptRow): Attempt {
  const { at, outcome, status, duration } = row;
  const plain = (text: string | null) => (text === null ? null : decode(text));
  return { at, outcome, status, duration, error: plain(row.error), answer: plain(row.answer) };
}

/** In the order of the columns of `attempts`, after its key. */
export function fromAttempt({ at, outcome, status, duration, error, answer }: Attempt) {
  const kept = (text: string | null) => (text === null ? null : encode(text));
  return [at, outcome, status, duration, kept(error), kept(answer)] as const;
}
