import type { JsonObject, WebhookState } from '../../model.ts';
import type { Backlog, Claim, ClaimRequest, Settlement, StoreOptions, Superseded } from '../contract.ts';
import { applyMark, applySettlement, placeMark } from './apply.ts';
import { whenThereIsRoom } from './disk.ts';
import type { Guard } from './guard.ts';
import type { Journal } from './journal.ts';
import type { Ledger, OwedDelivery } from './ledger.ts';
import { type Library, show } from './library.ts';
import { createQueue, type Queue } from './queue.ts';
import type { Entry, MarkEntry, SettleEntry } from './segment.ts';

/** Pending deliveries, attempts and settlements: kept in memory by the ledger, made durable by the journal. */
export interface Outbox {
  /** Deliveries that were added to the ledger, in the order of commits. */
  enqueue(deliveries: readonly OwedDelivery[]): void;
  /** Deliveries that were removed from the ledger. */
  forget(deliveries: readonly OwedDelivery[]): void;
  claim(request: ClaimRequest): Promise<Claim>;
  settle(settlements: readonly Settlement[], webhooks: readonly WebhookState[]): Promise<void>;
  /** Settles unclaimed deliveries without an attempt, or makes them pending again. Visible at once. */
  mark(deliveries: readonly OwedDelivery[], mark: Mark): Promise<void>;
  webhooks(): readonly WebhookState[];
  remember(name: string, value: JsonObject | null): Promise<void>;
  memos(): ReadonlyMap<string, JsonObject>;
  backlog(): readonly Backlog[];
}

type Mark = Pick<MarkEntry, 'state' | 'requeued'>;

export interface OutboxOptions extends Pick<StoreOptions, 'clock' | 'owner'> {
  readonly guard: Guard;
  readonly ledger: Ledger;
  readonly library: Library;
  readonly journal: Journal;
  /** States of webhooks, by name; kept up to date here. */
  readonly standing: Map<string, WebhookState>;
  /** Kept up to date here. */
  readonly memos: Map<string, JsonObject>;
}

export function createOutbox(options: OutboxOptions): Outbox {
  const { guard, ledger, library, journal, standing, memos, clock, owner } = options;
  const queues = new Map<string, Queue>();
  /** Claimed deliveries whose settlement is being written. */
  const settling = new Set<OwedDelivery>();

  function queueOf(webhook: string): Queue {
    const queue = queues.get(webhook) ?? createQueue(({ event }) => library.event(event).body.length);
    queues.set(webhook, queue);
    return queue;
  }

  /** An unreadable body means that the state cannot be trusted. */
  function reading<T>(work: () => T): Promise<T> {
    return guard.run('spool', () => whenThereIsRoom(async () => work()));
  }

  /** The settlements of claimed deliveries, each once, which are now being written. */
  function take(settlements: readonly Settlement[]): { delivery: OwedDelivery; settlement: Settlement }[] {
    return settlements.flatMap((settlement) => {
      const delivery = ledger.delivery(settlement.delivery);
      if (!delivery || delivery.claimed === null || settling.has(delivery)) return [];
      settling.add(delivery);
      return { delivery, settlement };
    });
  }

  /** Applies a mark in memory, and gives the entry for the journal. */
  function marked(delivery: OwedDelivery, { state, requeued }: Mark): MarkEntry {
    const entry: MarkEntry = {
      marked: delivery.id,
      mark: delivery.marks + 1,
      at: clock.now(),
      state,
      ...(requeued && { requeued }),
    };
    applyMark(delivery, entry);
    return entry;
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
      const needless: OwedDelivery[] = [];
      const marks: MarkEntry[] = [];
      const superseded: Superseded[] = [];
      const end = (delivery: OwedDelivery, by: string) => {
        const { id, source } = delivery.event;
        needless.push(delivery);
        marks.push(marked(delivery, { state: 'superseded' }));
        superseded.push({ delivery: delivery.id, source, event: id, by });
      };
      const { deliveries: taken, next } = await reading(() => queue.take(request, at, end));
      const deliveries = await reading(() => taken.map((one) => show(library, one)));
      const claims = taken.map(
        ({ id, attempts, batch }): Entry => ({
          claimed: id,
          attempt: attempts,
          at,
          owner,
          ...(batch !== null && { batch }),
        }),
      );
      if (claims.length + marks.length > 0) {
        await journal.append([...marks, ...claims], (lines) => {
          for (const [index, delivery] of needless.entries())
            placeMark(delivery, marks[index] as MarkEntry, lines[index] as number);
        });
      }
      return { deliveries, superseded, next };
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

    async mark(deliveries, mark) {
      const entries = deliveries.map((delivery) => {
        const before = delivery.state;
        const entry = marked(delivery, mark);
        queueOf(delivery.webhook).marked(delivery, before);
        return entry;
      });
      if (entries.length === 0) return;
      await journal.append(entries, (lines) => {
        for (const [index, delivery] of deliveries.entries())
          placeMark(delivery, entries[index] as MarkEntry, lines[index] as number);
      });
    },

    webhooks: () => [...standing.values()],

    async remember(name, value) {
      await journal.append([{ memo: name, value }], () => {
        if (value === null) memos.delete(name);
        else memos.set(name, value);
      });
    },

    memos: () => new Map(memos),

    backlog: () => [...queues].map(([webhook, queue]) => ({ webhook, ...queue.backlog() })),
  };
}
