import type { Attempt, Delivery, WebhookState } from '../../model.ts';
import type { DeliveryQuery, Page } from '../archive.ts';
import type { Backlog, Claim, ClaimRequest, Settlement, StoreOptions } from '../contract.ts';
import type { Guard } from './guard.ts';
import type { Journal } from './journal.ts';
import { applySettlement, inOrder, type Ledger, type OwedDelivery } from './ledger.ts';
import type { Library } from './library.ts';
import { createQueue, type Queue } from './queue.ts';
import type { Entry, SettleEntry } from './segment.ts';

/** What is owed, attempted and settled: the memory of the ledger, made durable by the journal. */
export interface Outbox {
  /** Deliveries that were added to the ledger, in the order of commits. */
  enqueue(deliveries: readonly OwedDelivery[]): void;
  /** Deliveries that were removed from the ledger. */
  forget(deliveries: readonly OwedDelivery[]): void;
  claim(request: ClaimRequest): Promise<Claim>;
  settle(settlements: readonly Settlement[], webhooks: readonly WebhookState[]): Promise<void>;
  webhooks(): readonly WebhookState[];
  backlog(): readonly Backlog[];
  deliveries(query: DeliveryQuery): Page<Delivery>;
  attempts(delivery: string): readonly Attempt[] | null;
}

export interface OutboxOptions extends Pick<StoreOptions, 'clock' | 'owner'> {
  readonly guard: Guard;
  readonly ledger: Ledger;
  readonly library: Library;
  readonly journal: Journal;
  /** How the webhooks stood, by name; kept up to date here. */
  readonly standing: Map<string, WebhookState>;
}

export function createOutbox(options: OutboxOptions): Outbox {
  const { guard, ledger, library, journal, standing, clock, owner } = options;
  const queues = new Map<string, Queue>();
  /** Claimed, and what became of the attempt is being written. */
  const settling = new Set<OwedDelivery>();

  function queueOf(webhook: string): Queue {
    const queue = queues.get(webhook) ?? createQueue();
    queues.set(webhook, queue);
    return queue;
  }

  /** Gives those whose deliveries are claimed, each once, and takes them for itself. */
  function take(settlements: readonly Settlement[]): { delivery: OwedDelivery; settlement: Settlement }[] {
    return settlements.flatMap((settlement) => {
      const delivery = ledger.delivery(settlement.delivery);
      if (!delivery || delivery.claimed === null || settling.has(delivery)) return [];
      settling.add(delivery);
      return { delivery, settlement };
    });
  }

  function show(delivery: OwedDelivery): Delivery {
    const { id, webhook, event, state, attempts, steps, nextAttempt, lastStatus } = delivery;
    const { created } = event;
    return {
      id,
      webhook,
      event: library.event(event),
      created,
      state,
      attempts,
      steps,
      nextAttempt,
      lastStatus,
      batch: null,
    };
  }

  return {
    enqueue(deliveries) {
      for (const delivery of deliveries) queueOf(delivery.webhook).add(delivery);
    },

    forget(deliveries) {
      for (const { webhook, state } of deliveries) if (state === 'dead') queueOf(webhook).forgotten();
    },

    async claim(request) {
      const queue = queues.get(request.webhook);
      if (!queue) return { deliveries: [], superseded: [], next: null };
      const at = clock.now();
      const taken = queue.take(request, at);
      // A body that cannot be read is a state that cannot be trusted.
      const deliveries = await guard.run('spool', async () => taken.map(show));
      if (taken.length > 0) {
        const entries = taken.map(
          ({ id, attempts }): Entry => ({ claimed: id, attempt: attempts, at, owner }),
        );
        await journal.append(entries, () => undefined);
      }
      return { deliveries, superseded: [], next: queue.next() };
    },

    async settle(settlements, webhooks) {
      const taken = take(settlements);
      const at = clock.now();
      const entries = taken.map(
        ({ settlement: { delivery, attempt, state, steps, nextAttempt } }): SettleEntry => ({
          settled: delivery,
          at,
          state,
          steps,
          nextAttempt,
          attempt,
        }),
      );
      const standings = webhooks.map((webhook): Entry => ({ webhook }));
      if (entries.length + standings.length === 0) return;
      await journal.append([...entries, ...standings], (lines) => {
        for (const [index, entry] of entries.entries()) {
          const { delivery } = taken[index] as (typeof taken)[number];
          applySettlement(delivery, entry, lines[index] as number);
          settling.delete(delivery);
          queueOf(delivery.webhook).settled(delivery);
        }
        for (const webhook of webhooks) standing.set(webhook.name, webhook);
      });
    },

    webhooks: () => [...standing.values()],

    backlog: () => [...queues].map(([webhook, queue]) => ({ webhook, ...queue.backlog() })),

    deliveries({ webhook, source, state, after, limit }) {
      const { deliveries } = ledger;
      const found: OwedDelivery[] = [];
      let more = false;
      for (let at = after === undefined ? 0 : positionAfter(ledger, after); at < deliveries.length; at += 1) {
        const one = deliveries[at] as OwedDelivery;
        if (webhook !== undefined && one.webhook !== webhook) continue;
        if (source !== undefined && one.event.source !== source) continue;
        if (state !== undefined && one.state !== state) continue;
        more = found.length >= limit;
        if (more) break;
        found.push(one);
      }
      return { items: found.map(show), next: more ? (found.at(-1)?.id ?? null) : null };
    },

    attempts(id) {
      const delivery = ledger.delivery(id);
      if (!delivery) return null;
      if (delivery.event.folded) return library.attempts(delivery);
      using reader = journal.reader();
      return reader.attempts(delivery.lines);
    },
  };
}

/** A page goes on where the one before ended; behind a delivery that is kept no longer comes nothing. */
function positionAfter({ delivery, deliveries }: Ledger, id: string): number {
  const last = delivery(id);
  if (!last) return deliveries.length;
  let low = 0;
  let high = deliveries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (inOrder(deliveries[middle] as OwedDelivery, last) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
