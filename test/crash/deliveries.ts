import type { Value } from './legacy.ts';
import type { Arrival } from './receiver.ts';

/** An event as its body tells of it. */
export interface Told {
  readonly id: string;
  readonly key: string;
  readonly change: 'created' | 'updated' | 'deleted';
  readonly sequence: number;
  readonly current: Value | null;
  readonly previous: Value | null;
}

/** The events of a webhook in the order of their sequence, however often each arrived. */
export function toldIn(arrivals: readonly Arrival[]): Told[] {
  const byId = new Map(arrivals.map(({ id, body }) => [id, JSON.parse(body).data]));
  return [...byId].map(([id, data]) => ({ id, ...data })).sort((a, b) => a.sequence - b.sequence);
}

/**
 * What is wrong with the requests to one webhook, in words; nothing is if the promises of the wire were kept.
 *
 * @param lag milliseconds: how much later than it was sent a request may have been noticed by the receiver
 */
export function deliveryFaults(arrivals: readonly Arrival[], lag: number): string[] {
  const faults: string[] = [];
  for (const [id, attempts] of Map.groupBy(arrivals, (arrival) => arrival.id)) {
    const tell = (fault: string) => faults.push(`${id}: ${fault}`);
    for (const { genuine } of attempts) if (!genuine) tell('a signature does not verify');
    if (new Set(attempts.map(({ body }) => body)).size > 1) tell('its body changed');
    for (const [index, one] of attempts.entries()) {
      const before = attempts[index - 1];
      if (before && number(one, 'pollhook-attempt') <= number(before, 'pollhook-attempt'))
        tell('its attempts do not rise');
      const second = number(one, 'webhook-timestamp') * 1000;
      if (second > one.at || (before && second + 1000 + lag < before.at))
        tell('a timestamp is not of its attempt');
    }
    if (!attempts.some(({ accepted }) => accepted)) tell('it was never accepted');
  }
  return [...faults, ...sequenceFaults(arrivals), ...orderFaults(arrivals)];
}

function number({ headers }: Arrival, name: string): number {
  return Number(headers[name]);
}

/** 1, 2, 3 … without gaps, one event each, the header as the body. */
function sequenceFaults(arrivals: readonly Arrival[]): string[] {
  const faults = toldIn(arrivals).flatMap(({ id, sequence }, index) =>
    sequence === index + 1 ? [] : [`${id}: sequence ${sequence} where ${index + 1} was due`],
  );
  for (const arrival of arrivals) {
    if (JSON.parse(arrival.body).data.sequence !== number(arrival, 'pollhook-sequence'))
      faults.push(`${arrival.id}: its sequence differs between header and body`);
  }
  return faults;
}

/** Events of one record are accepted in the order in which they happened. */
function orderFaults(arrivals: readonly Arrival[]): string[] {
  const faults: string[] = [];
  const newest = new Map<string, number>();
  const known = new Set<string>();
  for (const { id, body, accepted } of arrivals) {
    if (!accepted || known.has(id)) continue;
    known.add(id);
    const { key, sequence } = JSON.parse(body).data;
    if (sequence < (newest.get(key) ?? 0)) faults.push(`${id}: accepted after a later event of ${key}`);
    newest.set(key, sequence);
  }
  return faults;
}
