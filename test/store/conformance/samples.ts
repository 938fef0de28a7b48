import { createHash } from 'node:crypto';
import type {
  Attempt,
  ChangeEvent,
  PollNote,
  SourceProgress,
  StoredRecord,
  WebhookState,
} from '../../../src/model.ts';
import type { Commit, NewDelivery, Settlement, Store } from '../../../src/store/contract.ts';

/** A record as detection stores it; the digest is any function of the text. */
export function record(key: string, text: string): StoredRecord {
  return { key, text, digest: createHash('sha256').update(text).digest('base64url').slice(0, 22) };
}

export function progress(shown = 1): SourceProgress {
  return { comparison: 'c1', validators: null, absent: {}, shown };
}

export function note(polled = 1): PollNote {
  return { polled, succeeded: polled, failures: 0, notBefore: 0, error: null };
}

export function event(
  source: string,
  sequence: number,
  key: string | null = 'k',
  change: ChangeEvent['change'] = 'updated',
  type = `${source}.${change}`,
): ChangeEvent {
  return {
    id: `evt_${source}_${sequence}`,
    source,
    sequence,
    key,
    change,
    type,
    timestamp: 1_700_000_000_000 + sequence,
    body: `{"type":"${source}.updated","data":{"sequence":${sequence},"n":12345678901234567890,"t":"é\\u0000\u2028"}}`,
  };
}

/** One delivery of each event to each webhook, in the order of the events. */
export function owed(events: readonly ChangeEvent[], ...webhooks: string[]): NewDelivery[] {
  return events.flatMap(({ id }) =>
    webhooks.map((webhook) => ({ id: `${id}_${webhook}`, event: id, webhook })),
  );
}

export type Part = Partial<Commit> & { readonly source: string };

export function commitOf(part: Part): Commit {
  return {
    expected: 0,
    difference: { replace: false, upserts: [], removes: [] },
    progress: progress(),
    events: [],
    deliveries: [],
    note: note(),
    ...part,
  };
}

/** Commits one event for each of the keys, on top of whatever is stored, and owes them to the webhook. */
export async function owe(store: Store, source: string, keys: readonly (string | null)[], webhook = 'hook') {
  const before = await store.source(source);
  const events = keys.map((key, index) => event(source, (before?.sequence ?? 0) + index + 1, key));
  const expected = before?.version ?? 0;
  const result = await store.commit(
    commitOf({ source, expected, events, deliveries: owed(events, webhook) }),
  );
  if (result !== 'committed') throw new Error(`${source}: ${result}`);
  return events.map(({ id }) => `${id}_${webhook}`);
}

export function attempt(outcome: Attempt['outcome'] = 'delivered', at = 5): Attempt {
  const failed = outcome === 'failed';
  return {
    at,
    outcome,
    status: failed ? 500 : 204,
    duration: 12.5,
    error: failed ? 'answered 500' : null,
    answer: failed ? 'boom \u0000 é' : '',
  };
}

export function delivered(delivery: string): Settlement {
  return { delivery, attempt: attempt(), state: 'delivered', steps: 0, nextAttempt: 0 };
}

export function dead(delivery: string): Settlement {
  return { delivery, attempt: attempt('failed'), state: 'dead', steps: 1, nextAttempt: 0 };
}

export function later(delivery: string, nextAttempt: number, steps = 1): Settlement {
  return { delivery, attempt: attempt('failed'), state: 'pending', steps, nextAttempt };
}

export function webhook(name: string, failures = 0): WebhookState {
  return { name, failures, pausedUntil: 0, probe: null, held: null, target: 'url' };
}

/** Claims everything that is due, and gives the ids. */
export async function claimed(
  store: Store,
  now: number,
  order: 'key' | 'webhook' | 'none' = 'key',
  limit = 1000,
  name = 'hook',
): Promise<string[]> {
  return (await store.claim({ webhook: name, order, now, limit })).deliveries.map(({ id }) => id);
}
