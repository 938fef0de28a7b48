import assert from 'node:assert/strict';
import type { Attempt, Delivery, JsonObject, WebhookState } from '../../src/model.ts';
import type { DeliveryQuery, Page } from '../../src/store/archive.ts';
import type {
  Backlog,
  Claim,
  ClaimRequest,
  Intervention,
  Memos,
  Settlement,
  Store,
  Superseded,
} from '../../src/store/contract.ts';

/** The part of a store that delivery uses, in memory, and what went through it. */
export class MemoryStore
  implements Pick<Store, 'claim' | 'settle' | 'webhooks' | 'backlog' | 'deliveries' | 'revive'>, Memos
{
  readonly all: Delivery[] = [];
  readonly attempts = new Map<string, Attempt[]>();
  readonly states = new Map<string, WebhookState>();
  readonly claimed = new Set<string>();
  readonly settlements: Settlement[] = [];
  readonly #memos = new Map<string, JsonObject>();
  /** Rejects every call from now on, as a store does whose disk is full. */
  broken: Error | null = null;

  owe(...deliveries: Delivery[]): void {
    this.all.push(...deliveries);
  }

  delivery(id: string): Delivery {
    const found = this.all.find((one) => one.id === id);
    assert(found, `no delivery ${id}`);
    return found;
  }

  async backlog(): Promise<Backlog[]> {
    const owed = Map.groupBy(this.pending, ({ webhook }) => webhook);
    return [...owed].map(([webhook, all]) => ({
      webhook,
      pending: all.length,
      dead: 0,
      oldest: all[0]?.created ?? null,
    }));
  }

  get pending(): readonly Delivery[] {
    return this.all.filter((one) => one.state === 'pending');
  }

  async claim(request: ClaimRequest): Promise<Claim> {
    if (this.broken) throw this.broken;
    const superseded = request.supersede ? this.#supersede(request.webhook) : [];
    return {
      ...(request.batch ? this.#claimBatch(request, request.batch) : this.#claimHeads(request)),
      superseded,
    };
  }

  #claimHeads({ webhook, order, now, ahead = false, limit }: ClaimRequest): Omit<Claim, 'superseded'> {
    const heads = new Map<string, Delivery>();
    for (const one of this.pending) {
      const stream = { key: `${one.event.source}|${one.event.key}`, webhook: '', none: one.id }[order];
      if (one.webhook === webhook && !heads.has(stream)) heads.set(stream, one);
    }
    const free = [...heads.values()]
      .filter((one) => !this.claimed.has(one.id))
      .sort((a, b) => a.nextAttempt - b.nextAttempt);
    const taken = free.filter((one) => ahead || one.nextAttempt <= now).slice(0, limit);
    const deliveries = taken.map((one) => this.#claim(one, {}));
    return { deliveries, next: free.find((one) => !taken.includes(one))?.nextAttempt ?? null };
  }

  /** The one that was sent before, or the oldest that are due. */
  #claimBatch(
    { webhook, now, ahead = false }: ClaimRequest,
    { max, wait }: NonNullable<ClaimRequest['batch']>,
  ): Omit<Claim, 'superseded'> {
    const owed = this.pending.filter((one) => one.webhook === webhook);
    const [first] = owed;
    if (!first || owed.some(({ id }) => this.claimed.has(id))) return { deliveries: [], next: null };
    const fresh = owed.filter(({ batch }) => batch === null).slice(0, max);
    const again = owed.filter(({ batch }) => batch !== null && batch === first.batch);
    const due = first.batch !== null || fresh.length === max ? first.nextAttempt : first.created + wait;
    if (due > now && !ahead) return { deliveries: [], next: due };
    const batch = first.batch ?? `batch_${first.event.sequence}_${fresh.length}`;
    const deliveries = (first.batch === null ? fresh : again).map((one) => this.#claim(one, { batch }));
    return { deliveries, next: null };
  }

  #claim(one: Delivery, members: Partial<Delivery>): Delivery {
    this.claimed.add(one.id);
    return this.#change(one.id, { attempts: one.attempts + 1, ...members });
  }

  #supersede(webhook: string): Superseded[] {
    const streams = Map.groupBy(
      this.pending.filter((one) => one.webhook === webhook),
      ({ event }) => `${event.source}|${event.key}`,
    );
    return [...streams.values()].flatMap((all) => {
      const updates = all.filter(({ id, event }) => !this.claimed.has(id) && event.change === 'updated');
      const newest = updates.at(-1);
      return updates.slice(0, -1).map(({ id, event }) => {
        this.#change(id, { state: 'superseded' });
        return { delivery: id, source: event.source, event: event.id, by: newest?.event.id ?? '' };
      });
    });
  }

  async deliveries({ webhook }: DeliveryQuery): Promise<Page<Delivery>> {
    return { items: this.pending.filter((one) => one.webhook === webhook), next: null };
  }

  async revive(ids: readonly string[]): Promise<ReadonlyMap<string, Intervention>> {
    for (const id of ids) this.#change(id, { state: 'pending', steps: 0, nextAttempt: 0 });
    return new Map(ids.map((id) => [id, 'done']));
  }

  async remember(name: string, value: JsonObject | null): Promise<void> {
    if (value) this.#memos.set(name, value);
    else this.#memos.delete(name);
  }

  async memos(): Promise<ReadonlyMap<string, JsonObject>> {
    return this.#memos;
  }

  async settle(settlements: readonly Settlement[], webhooks: readonly WebhookState[] = []): Promise<void> {
    // Durable only later, as with a disk.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.broken) throw this.broken;
    for (const settlement of settlements) {
      const { delivery: id, attempt, state, steps, nextAttempt } = settlement;
      assert(this.claimed.delete(id), `${id} was not claimed`);
      this.settlements.push(settlement);
      this.attempts.set(id, [...(this.attempts.get(id) ?? []), attempt]);
      this.#change(id, { state, steps, nextAttempt, lastStatus: attempt.status });
    }
    for (const state of webhooks) this.states.set(state.name, state);
  }

  async webhooks(): Promise<readonly WebhookState[]> {
    return [...this.states.values()];
  }

  #change(id: string, members: Partial<Delivery>): Delivery {
    const index = this.all.findIndex((one) => one.id === id);
    const changed = { ...this.delivery(id), ...members };
    this.all[index] = changed;
    return changed;
  }
}
