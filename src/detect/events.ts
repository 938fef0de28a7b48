import { hash } from 'node:crypto';
import type { Change, ChangeEvent } from '../model.ts';

/** Where events come from: `identity` is the state's own, `sequence` the number of the source's last event. */
export interface Origin {
  readonly identity: string;
  readonly source: string;
  readonly sequence: number;
  /** The poll that decided the changes. */
  readonly decided: number;
}

/** The rule that every source has: one event a change, of type `<source>.<change>`. */
const DEFAULT_RULE = 0;

/** Turns changes into events, numbered on from the source's last one, with bodies as wire.md has them. */
export function eventsOf(changes: readonly Change[], origin: Origin): ChangeEvent[] {
  return changes.map((change, at) => eventOf(change, origin, origin.sequence + at + 1));
}

function eventOf(change: Change, { identity, source, decided }: Origin, sequence: number): ChangeEvent {
  const type = `${source}.${change.change}`;
  const key = change.key === '' ? null : change.key;
  const body = JSON.stringify({
    type,
    timestamp: iso(decided),
    data: {
      source,
      key,
      change: change.change,
      sequence,
      current: change.current,
      previous: change.previous,
      changes: change.fields,
      ...(change.truncated && { truncated: true }),
      window: {
        after: change.window.after === null ? null : iso(change.window.after),
        by: iso(change.window.by),
      },
    },
  });
  const id = eventId([identity, source, sequence, change.key, DEFAULT_RULE, decided]);
  return { id, source, sequence, key, change: change.change, type, timestamp: decided, body };
}

/**
 * The same parts give the same id, so that a repeated commit repeats its events; no `.` in it (wire.md). The time is one
 * of them because a state that was restored from a backup counts on from an older sequence: what it finds then is not
 * what receivers have under that number already.
 */
export function eventId(parts: readonly (string | number)[]): string {
  return `evt_${hash('sha256', JSON.stringify(parts), 'base64url').slice(0, 22)}`;
}

/** An event is delivered once to a webhook, so these two identify a delivery. */
export function deliveryId(event: string, webhook: string): string {
  return `dlv_${hash('sha256', JSON.stringify([event, webhook]), 'base64url').slice(0, 22)}`;
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
