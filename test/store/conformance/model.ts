import { hash } from 'node:crypto';
import type {
  Attempt,
  ChangeEvent,
  Delivery,
  JsonObject,
  PollNote,
  SourceProgress,
  WebhookState,
} from '../../../src/model.ts';
import type { EventPage, EventQuery, KeptEvent } from '../../../src/store/archive.ts';
import {
  AFTER_RESET,
  type Backlog,
  type Claim,
  type ClaimRequest,
  type Commit,
  type Intervention,
  MOST_SUPERSEDED,
  type Requeued,
  type RequeueRequest,
  type Retention,
  type Settlement,
  type Superseded,
} from '../../../src/store/contract.ts';

interface ModelSource {
  version: number;
  sequence: number;
  progress: SourceProgress | null;
  records: Map<string, { digest: string; text: string }>;
  lineage: string;
}

interface ModelEvent {
  readonly event: ChangeEvent;
  readonly created: number;
  readonly lineage: string;
}

interface ModelDelivery {
  shown: Delivery;
  readonly lineage: string;
  requeued: boolean;
  claimed: boolean;
  settled: number;
  attempts: (Attempt | 'unknown')[];
}

/** What a store is, without files, indexes or speed: plain lists and the rules of the contract. */
export class Model {
  readonly sources = new Map<string, ModelSource>();
  readonly notes = new Map<string, PollNote>();
  readonly webhooks = new Map<string, WebhookState>();
  readonly memos = new Map<string, JsonObject>();
  events: ModelEvent[] = [];
  deliveries: ModelDelivery[] = [];

  source(name: string): ModelSource {
    const none = { version: 0, sequence: 0, progress: null, records: new Map(), lineage: name };
    const found = this.sources.get(name) ?? none;
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
    const { lineage } = source;
    for (const event of commit.events) this.events.push({ event, created: now, lineage });
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
      };
      const shown = { id, webhook, event, created: now, ...fresh } as Delivery;
      this.deliveries.push({ shown, lineage, requeued: false, claimed: false, settled: 0, attempts: [] });
    }
    return 'committed';
  }

  reset(name: string): void {
    const source = this.source(name);
    if (source.progress) source.progress = AFTER_RESET;
    source.records.clear();
    this.notes.delete(name);
  }

  rename(from: string, to: string): 'renamed' | 'absent' | 'occupied' {
    const [old, next] = [this.source(from), this.source(to)];
    if (!hasSnapshot(old)) return 'absent';
    if (hasSnapshot(next)) return 'occupied';
    const note = this.notes.get(from);
    this.sources.set(to, {
      ...old,
      version: Math.max(old.version, next.version + 1),
      sequence: Math.max(old.sequence, next.sequence),
    });
    this.sources.set(from, {
      ...old,
      version: old.version + 1,
      progress: AFTER_RESET,
      records: new Map(),
      lineage: next.lineage,
    });
    this.notes.delete(from);
    this.notes.delete(to);
    if (note) this.notes.set(to, note);
    return 'renamed';
  }

  remember(name: string, value: JsonObject | null): void {
    if (value === null) this.memos.delete(name);
    else this.memos.set(name, value);
  }

  claim(request: ClaimRequest): Claim {
    const { ahead = false, batch, now, supersede = false } = request;
    const superseded: Superseded[] = [];
    if (batch) return this.#claimBatch(request, superseded);
    const taken: ModelDelivery[] = [];
    const limit = ahead ? Math.min(1, request.limit) : request.limit;
    while (taken.length < limit && superseded.length < MOST_SUPERSEDED) {
      const [head] = this.#heads(request).filter(({ shown }) => ahead || shown.nextAttempt <= now);
      if (!head) break;
      const stream = this.#streamOf(head, request.order);
      const behind = this.#pending(request.webhook).filter(
        (one) => one !== head && this.#streamOf(one, request.order) === stream,
      );
      const by = supersede && request.order === 'key' && !head.shown.batch ? replacement(head, behind) : null;
      if (by) superseded.push(this.#supersede(head, by, now));
      else taken.push(this.#take(head));
    }
    const due = this.#heads(request).map(({ shown }) => shown.nextAttempt);
    const deliveries = this.#inTurn(taken).map(({ shown }) => shown);
    return { deliveries, superseded, next: due.length === 0 ? null : Math.min(...due) };
  }

  #claimBatch(request: ClaimRequest, superseded: Superseded[]): Claim {
    const {
      webhook,
      now,
      ahead = false,
      batch: { max, length, wait } = { max: 1, length: 0, wait: 0 },
      supersede,
    } = request;
    const pending = this.#pending(webhook);
    const [first] = pending;
    const nothing = (next: number | null) => ({ deliveries: [], superseded, next });
    if (!first || pending.some(({ claimed }) => claimed)) return nothing(null);
    const { batch, nextAttempt, created } = first.shown;
    if (nextAttempt > now && !ahead) return nothing(nextAttempt);
    let members = pending.filter(({ shown }) => shown.batch === batch);
    let id = batch;
    if (batch === null) {
      const oldest = pending.slice(0, max);
      const lengthTo = (at: number) =>
        oldest.slice(0, at + 1).reduce((sum, { shown }) => sum + shown.event.body.length, 0);
      const end = oldest.findIndex(
        ({ shown }, at) =>
          shown.batch !== null || (at > 0 && (shown.nextAttempt > now || lengthTo(at) > length)),
      );
      members = end < 0 ? oldest : oldest.slice(0, end);
      const since = nextAttempt || created;
      const full = members.length === max || end >= 0;
      if (!full && !ahead && now >= since && now < since + wait) return nothing(since + wait);
      const needless = members.flatMap((one, at) => {
        const others = members
          .slice(at + 1)
          .filter(({ shown }) => isSameRecord(shown.event, one.shown.event));
        const by = supersede ? replacement(one, others) : null;
        return by ? [{ one, by }] : [];
      });
      for (const { one, by } of needless) superseded.push(this.#supersede(one, by, now));
      members = members.filter((one) => !needless.some((other) => other.one === one));
      const ids = JSON.stringify(members.map(({ shown }) => shown.id));
      id = `bat_${hash('sha256', ids, 'base64url').slice(0, 22)}`;
    }
    for (const one of members) one.shown = { ...one.shown, batch: id };
    return { deliveries: members.map((one) => this.#take(one).shown), superseded, next: null };
  }

  #take(one: ModelDelivery): ModelDelivery {
    one.claimed = true;
    one.shown = { ...one.shown, attempts: one.shown.attempts + 1 };
    return one;
  }

  #supersede(one: ModelDelivery, by: ModelDelivery, now: number): Superseded {
    this.#end(one, 'superseded', now);
    const { id, source } = one.shown.event;
    return { delivery: one.shown.id, source, event: id, by: by.shown.event.id };
  }

  #end(one: ModelDelivery, state: Delivery['state'], now: number): void {
    one.shown = { ...one.shown, state };
    one.requeued = false;
    one.settled = now;
  }

  #streamOf({ shown, lineage }: ModelDelivery, order: ClaimRequest['order']): string {
    return { key: JSON.stringify([lineage, shown.event.key]), webhook: '', none: shown.id }[order];
  }

  /** The oldest of each stream in which nothing is claimed, in the order in which it is their turn. */
  #heads({ webhook, order }: ClaimRequest): ModelDelivery[] {
    const streams = Map.groupBy(this.#pending(webhook), (one) => this.#streamOf(one, order));
    const waiting = [...streams.values()].filter((stream) => !stream.some(({ claimed }) => claimed));
    return this.#inTurn(waiting.flatMap((stream) => stream.slice(0, 1)));
  }

  #inTurn(some: readonly ModelDelivery[]): ModelDelivery[] {
    const place = (one: ModelDelivery) => this.deliveries.indexOf(one);
    const byTime = (a: ModelDelivery, b: ModelDelivery) =>
      a.shown.nextAttempt - b.shown.nextAttempt || place(a) - place(b);
    const ordinary = some.filter(({ requeued }) => !requeued).sort(byTime);
    const fresh = ordinary.filter(({ shown }) => shown.nextAttempt === 0);
    const retries = ordinary.filter(({ shown }) => shown.nextAttempt > 0);
    const order: ModelDelivery[] = [];
    for (;;) {
      const [first, retry] = [fresh[0], retries[0]];
      if (!first || !retry) break;
      const earlier = first.shown.created - retry.shown.nextAttempt || place(first) - place(retry);
      const list = earlier < 0 ? fresh : retries;
      order.push(...list.splice(0, 1));
    }
    return [...order, ...fresh, ...retries, ...some.filter(({ requeued }) => requeued).sort(byTime)];
  }

  settle(settlements: readonly Settlement[], webhooks: readonly WebhookState[], now: number): void {
    for (const { delivery, attempt, state, steps, nextAttempt } of settlements) {
      const one = this.deliveries.find(({ shown }) => shown.id === delivery);
      if (!one?.claimed) continue;
      one.claimed = false;
      one.attempts = kept([...one.attempts, attempt]);
      one.shown = { ...one.shown, steps, nextAttempt, lastStatus: attempt.status };
      if (state !== 'pending') this.#end(one, state, now);
    }
    for (const webhook of webhooks) this.webhooks.set(webhook.name, webhook);
  }

  revive(ids: readonly string[], now: number): Map<string, Intervention> {
    return this.#each(ids, (one) => {
      if (one.shown.state === 'delivered') return 'settled';
      this.#again(one, now, false);
      return 'done';
    });
  }

  drop(ids: readonly string[], now: number): Map<string, Intervention> {
    return this.#each(ids, (one) => {
      if (!['pending', 'dead'].includes(one.shown.state)) return 'settled';
      this.#end(one, 'dropped', now);
      return 'done';
    });
  }

  #each(ids: readonly string[], act: (one: ModelDelivery) => 'done' | 'settled'): Map<string, Intervention> {
    return new Map(
      ids.map((id) => {
        const one = this.deliveries.find(({ shown }) => shown.id === id);
        return [id, !one ? 'unknown' : one.claimed ? 'claimed' : act(one)];
      }),
    );
  }

  #again(one: ModelDelivery, now: number, requeued: boolean): void {
    one.shown = { ...one.shown, state: 'pending', steps: 0, nextAttempt: now, batch: null };
    one.requeued = requeued;
  }

  requeue({ webhook, since, until, after, limit }: RequeueRequest, now: number): Requeued {
    const start = after === undefined ? 0 : this.deliveries.findIndex(({ shown }) => shown.id === after) + 1;
    if (after !== undefined && start === 0) return { requeued: 0, next: null };
    const found = this.deliveries.slice(start).filter(({ shown }) => {
      const inTime = shown.created >= since && shown.created <= until;
      return shown.webhook === webhook && shown.state !== 'pending' && inTime;
    });
    const page = found.slice(0, limit);
    for (const one of page) this.#again(one, now, true);
    return { requeued: page.length, next: found.length > limit ? (page.at(-1)?.shown.id ?? null) : null };
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
    const owed = (id: string) => this.deliveries.filter(({ shown }) => shown.event.id === id);
    const finished = this.events.filter(({ event }) =>
      owed(event.id).every(({ shown }) => shown.state !== 'pending'),
    );
    const beyond = finished.slice(0, Math.max(0, finished.length - maxEvents));
    const old = finished.filter(({ event, created }) => {
      const all = owed(event.id);
      if (all.length === 0) return created < now - delivered;
      return all.every(({ shown, settled }) => settled < now - (shown.state === 'dead' ? dead : delivered));
    });
    const gone = new Set([...beyond, ...old].map(({ event }) => event.id));
    this.events = this.events.filter(({ event }) => !gone.has(event.id));
    this.deliveries = this.deliveries.filter(({ shown }) => !gone.has(shown.event.id));
  }

  backlog(): Backlog[] {
    const names = new Set(this.deliveries.map(({ shown }) => shown.webhook));
    return [...names]
      .sort()
      .map((webhook) => ({
        webhook,
        pending: this.#pending(webhook).length,
        dead: this.deliveries.filter(({ shown }) => shown.webhook === webhook && shown.state === 'dead')
          .length,
        oldest: this.#pending(webhook)[0]?.shown.created ?? null,
      }))
      .filter(({ pending, dead }) => pending + dead > 0);
  }

  page({ source, webhook, type, since = 0, newest = false, after, limit }: EventQuery): EventPage {
    const asked = this.events
      .map((one) => this.#kept(one))
      .filter(({ event, created }) => {
        const wanted = (source ?? event.source) === event.source && (type ?? event.type) === event.type;
        return wanted && created >= since;
      });
    const all = webhook === undefined ? asked : this.#byDelivery(asked, webhook);
    const list = newest ? all.toReversed() : all;
    const known = this.events
      .map((one) => this.#kept(one))
      .find(({ event, deliveries }) => {
        const owed = webhook === undefined || deliveries.some((one) => one.webhook === webhook);
        return event.id === after && owed;
      });
    if (after !== undefined && !known) return { kind: 'unknown', oldest: all[0]?.event.id ?? null };
    const order = this.#order(webhook);
    const place = (id: string) => (newest ? -1 : 1) * order.indexOf(id);
    const rest = known ? list.filter(({ event }) => place(event.id) > place(known.event.id)) : list;
    const items = rest.slice(0, limit);
    return { kind: 'page', items, next: rest.length > limit ? (items.at(-1)?.event.id ?? null) : null };
  }

  #order(webhook: string | undefined): string[] {
    if (webhook === undefined) return this.events.map(({ event }) => event.id);
    return this.deliveries.flatMap(({ shown }) => (shown.webhook === webhook ? shown.event.id : []));
  }

  #byDelivery(events: readonly KeptEvent[], webhook: string): KeptEvent[] {
    return this.#order(webhook).flatMap((id) => events.filter(({ event }) => event.id === id));
  }

  #kept({ event, created }: ModelEvent): KeptEvent {
    const owed = this.deliveries.filter(({ shown }) => shown.event.id === event.id);
    return {
      event,
      created,
      deliveries: owed.map(({ shown: { id, webhook, state } }) => ({ id, webhook, state })),
    };
  }

  #pending(webhook: string): ModelDelivery[] {
    return this.deliveries.filter(({ shown }) => shown.webhook === webhook && shown.state === 'pending');
  }
}

/** The newer update that makes one needless. */
function replacement(one: ModelDelivery, newer: readonly ModelDelivery[]): ModelDelivery | null {
  const { change, type } = one.shown.event;
  const end = newer.findIndex(({ shown }) => shown.event.change !== 'updated');
  const updates = end < 0 ? newer : newer.slice(0, end);
  return (change === 'updated' && updates.find(({ shown }) => shown.event.type === type)) || null;
}

function isSameRecord(a: ChangeEvent, b: ChangeEvent): boolean {
  return a.source === b.source && a.key === b.key;
}

function hasSnapshot({ progress }: ModelSource): boolean {
  return progress !== null && progress.comparison !== '';
}

function kept<T>(attempts: readonly T[]): T[] {
  return attempts.filter((_, index) => index === 0 || index >= attempts.length - 20);
}
