import type { Attempt, Delivery, PollNote, SourceProgress, WebhookState } from '../../../src/model.ts';
import {
  AFTER_RESET,
  type Backlog,
  type Claim,
  type ClaimRequest,
  type Commit,
  type Retention,
  type Settlement,
} from '../../../src/store/contract.ts';

interface ModelSource {
  version: number;
  sequence: number;
  progress: SourceProgress | null;
  records: Map<string, { digest: string; text: string }>;
}

interface ModelDelivery {
  shown: Delivery;
  claimed: boolean;
  settled: number;
  attempts: (Attempt | 'unknown')[];
}

/** What a store is, without files, indexes or speed: plain lists and the rules of the contract. */
export class Model {
  readonly sources = new Map<string, ModelSource>();
  readonly notes = new Map<string, PollNote>();
  readonly webhooks = new Map<string, WebhookState>();
  deliveries: ModelDelivery[] = [];

  source(name: string): ModelSource {
    const found = this.sources.get(name) ?? { version: 0, sequence: 0, progress: null, records: new Map() };
    this.sources.set(name, found);
    return found;
  }

  commit(commit: Commit, now: number): 'committed' | 'conflict' {
    const source = this.source(commit.source);
    if (commit.expected !== source.version) return 'conflict';
    source.version += 1;
    source.sequence += commit.events.length;
    source.progress = commit.progress;
    if (commit.difference.replace) source.records.clear();
    for (const key of commit.difference.removes) source.records.delete(key);
    for (const { key, digest, text } of commit.difference.upserts) source.records.set(key, { digest, text });
    this.notes.set(commit.source, commit.note);
    for (const { id, event: eventId, webhook } of commit.deliveries) {
      const event = commit.events.find((one) => one.id === eventId);
      if (!event) throw new Error(`${id}: no event ${eventId}`);
      const fresh = {
        state: 'pending',
        attempts: 0,
        steps: 0,
        nextAttempt: 0,
        lastStatus: null,
        batch: null,
      } as const;
      const shown = { id, webhook, event, created: now, ...fresh };
      this.deliveries.push({ shown, claimed: false, settled: 0, attempts: [] });
    }
    return 'committed';
  }

  reset(name: string): void {
    const source = this.source(name);
    if (source.progress) source.progress = AFTER_RESET;
    source.records.clear();
    this.notes.delete(name);
  }

  claim({ webhook, order, now, ahead, limit }: ClaimRequest): Claim {
    const streams = new Map<string, ModelDelivery[]>();
    for (const one of this.pending(webhook)) {
      const { id, event } = one.shown;
      const stream = { key: JSON.stringify([event.source, event.key]), webhook: '', none: id }[order];
      streams.set(stream, [...(streams.get(stream) ?? []), one]);
    }
    const heads = [...streams.values()]
      .filter((stream) => !stream.some(({ claimed }) => claimed))
      .flatMap((stream) => stream.slice(0, 1))
      .sort(
        (a, b) =>
          a.shown.nextAttempt - b.shown.nextAttempt ||
          this.deliveries.indexOf(a) - this.deliveries.indexOf(b),
      );
    const taken = ahead
      ? heads.slice(0, 1)
      : heads.filter(({ shown }) => shown.nextAttempt <= now).slice(0, limit);
    for (const one of taken) {
      one.claimed = true;
      one.shown = { ...one.shown, attempts: one.shown.attempts + 1 };
    }
    const next = heads.find((one) => !one.claimed)?.shown.nextAttempt ?? null;
    return { deliveries: taken.map(({ shown }) => shown), superseded: [], next };
  }

  settle(settlements: readonly Settlement[], webhooks: readonly WebhookState[], now: number): void {
    for (const { delivery, attempt, state, steps, nextAttempt } of settlements) {
      const one = this.deliveries.find(({ shown }) => shown.id === delivery);
      if (!one?.claimed) continue;
      one.claimed = false;
      one.settled = now;
      one.attempts = kept([...one.attempts, attempt]);
      one.shown = { ...one.shown, state, steps, nextAttempt, lastStatus: attempt.status };
    }
    for (const webhook of webhooks) this.webhooks.set(webhook.name, webhook);
  }

  /** The process ended: nobody knows what became of the attempts that were under way. */
  interrupt(): void {
    for (const one of this.deliveries.filter(({ claimed }) => claimed)) {
      one.claimed = false;
      one.attempts = kept([...one.attempts, 'unknown']);
    }
  }

  /** Only for limits that leave no doubt: all or nothing by age, or by number. */
  retain({ now, delivered, dead, maxEvents }: Retention): void {
    const events = new Map<string, ModelDelivery[]>();
    for (const one of this.deliveries) {
      events.set(one.shown.event.id, [...(events.get(one.shown.event.id) ?? []), one]);
    }
    const finished = [...events].filter(([, owed]) => owed.every(({ shown }) => shown.state !== 'pending'));
    const beyond = finished.slice(0, Math.max(0, finished.length - maxEvents));
    const old = finished.filter(([, owed]) =>
      owed.every(({ shown, settled }) => settled < now - (shown.state === 'dead' ? dead : delivered)),
    );
    const gone = new Set([...beyond, ...old].map(([id]) => id));
    this.deliveries = this.deliveries.filter(({ shown }) => !gone.has(shown.event.id));
  }

  backlog(): Backlog[] {
    const names = new Set(this.deliveries.map(({ shown }) => shown.webhook));
    return [...names]
      .sort()
      .map((webhook) => ({
        webhook,
        pending: this.pending(webhook).length,
        dead: this.deliveries.filter(({ shown }) => shown.webhook === webhook && shown.state === 'dead')
          .length,
        oldest: this.pending(webhook)[0]?.shown.created ?? null,
      }))
      .filter(({ pending, dead }) => pending + dead > 0);
  }

  private pending(webhook: string): ModelDelivery[] {
    return this.deliveries.filter(({ shown }) => shown.webhook === webhook && shown.state === 'pending');
  }
}

function kept<T>(attempts: readonly T[]): T[] {
  return attempts.filter((_, index) => index === 0 || index >= attempts.length - 20);
}
