import { hash } from 'node:crypto';
import { isoTime } from '../lib/iso-time.ts';
import { parseJson } from '../lib/json.ts';
import type { Change, ChangeEvent, Json } from '../model.ts';

/** Origin of events: `identity` is that of the state, `sequence` the number of the source's last event. */
export interface Origin {
  readonly identity: string;
  readonly source: string;
  readonly sequence: number;
  /** The poll that decided the changes, Unix milliseconds. */
  readonly decided: number;
}

/** The result of a rule for one change. */
export interface Made {
  /** Place of the rule in its list, from 0; a part of the event's id. */
  readonly rule: number | 'snapshot';
  readonly type: string;
  /** The result of the rule's `data`, sent instead of the change's values; absent without `data`. */
  readonly record?: Json;
}

/** The event of a change, numbered `sequence` within its source, with the body that wire.md has. */
export function eventOf(
  change: Change,
  { rule, type, record }: Made,
  sequence: number,
  { identity, source, decided }: Origin,
): ChangeEvent {
  const key = change.key === '' ? null : change.key;
  const body = JSON.stringify({
    type,
    timestamp: isoTime(decided),
    data: {
      source,
      key,
      change: change.change,
      sequence,
      ...(record === undefined ? valuesOf(change) : { record }),
      window: {
        after: change.window.after === null ? null : isoTime(change.window.after),
        by: isoTime(change.window.by),
      },
    },
  });
  const id = eventId([identity, source, sequence, change.key, rule, decided]);
  return { id, source, sequence, key, change: change.change, type, timestamp: decided, body };
}

function valuesOf({ current, previous, fields, truncated }: Change) {
  return { current, previous, changes: fields, ...(truncated && { truncated }) };
}

/**
 * The events that send a snapshot again, of type `<source>.snapshot`. Their change is `created`, since there is no
 * previous value: receivers that take a created record as its new state need no special case.
 *
 * @param records key and JSON text of each
 * @param shown when the poll began that showed them last, Unix milliseconds
 */
export function snapshotEvents(
  records: Iterable<readonly [key: string, text: string]>,
  origin: Origin,
  shown: number,
): ChangeEvent[] {
  const made = { rule: 'snapshot', type: `${origin.source}.snapshot` } as const;
  const blank = { previous: null, fields: [], truncated: false, window: { after: null, by: shown } };
  return [...records].map(([key, text], at) =>
    eventOf(
      { ...blank, change: 'created', key, current: parseJson(text) },
      made,
      origin.sequence + at + 1,
      origin,
    ),
  );
}

/**
 * The same parts give the same id, so that a repeated commit repeats its events; it has no `.` (wire.md). The time is
 * one of the parts because a state restored from a backup assigns sequence numbers that receivers know already to
 * other events.
 */
export function eventId(parts: readonly (string | number)[]): string {
  return `evt_${hash('sha256', JSON.stringify(parts), 'base64url').slice(0, 22)}`;
}

/** The id of a delivery, which event and webhook identify. */
export function deliveryId(event: string, webhook: string): string {
  return `dlv_${hash('sha256', JSON.stringify([event, webhook]), 'base64url').slice(0, 22)}`;
}
