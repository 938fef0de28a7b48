import { type Candidate, type Plan, planBatch, replacement } from '../batches.ts';
import { type Backlog, type ClaimRequest, MOST_SUPERSEDED } from '../contract.ts';
import { type Due, inTurn } from '../due.ts';
import { inOrder, type OwedDelivery } from './ledger.ts';
import { createLine } from './line.ts';
import { createStreams, type Order, type Stream, type Streams } from './streams.ts';

/** The pending deliveries of one webhook, ready to be claimed: claim and settlement cost O(log n). */
export interface Queue {
  /** In the order of commits. */
  add(delivery: OwedDelivery): void;
  /**
   * Takes what may be sent, and counts an attempt on each.
   *
   * @param end called with each delivery that a newer one makes needless, and the id of that one's event: settles it
   */
  take(request: ClaimRequest, at: number, end: (delivery: OwedDelivery, by: string) => void): Taken;
  /** Its attempt is over, and it is what it became. */
  settled(delivery: OwedDelivery): void;
  /** It was marked, and was this before. */
  marked(delivery: OwedDelivery, before: OwedDelivery['state']): void;
  /** A dead one was removed. */
  forgotten(): void;
  backlog(): Omit<Backlog, 'webhook'>;
}

export interface Taken {
  readonly deliveries: readonly OwedDelivery[];
  /** When the next unclaimed head of a stream, or batch, is due; null if none waits. */
  readonly next: number | null;
}

/** @param lengthOf characters of the body; asked before anything is taken */
export function createQueue(lengthOf: (delivery: OwedDelivery) => number): Queue {
  const owed = createLine();
  let pending = 0;
  let dead = 0;
  let streams: Streams | null = null;
  /** Members of the batches that are not over. */
  const batches = new Map<string, readonly OwedDelivery[]>();
  /** What the clock of the last claim said. */
  let seen = 0;

  /** Another order means other streams: whatever is claimed counts in those. */
  function arrange(order: Order): Streams {
    streams = createStreams(order, owed.pending(), () => seen);
    batches.clear();
    for (const one of owed.pending()) {
      if (one.batch !== null) batches.set(one.batch, [...(batches.get(one.batch) ?? []), one]);
    }
    return streams;
  }

  /** It is no longer pending. */
  function leave(delivery: OwedDelivery): void {
    pending -= 1;
    owed.letGo(pending);
    const stream = streams?.of(delivery);
    if (!streams || !stream) return;
    stream.pending -= 1;
    streams.changed(stream);
  }

  function claim(divided: Streams, delivery: OwedDelivery, at: number): void {
    delivery.claimed = at;
    delivery.attempts += 1;
    const stream = divided.of(delivery) as Stream;
    stream.claimed += 1;
    divided.changed(stream);
  }

  /** One by one, each of another stream. */
  const takeHeads = (divided: Streams, request: ClaimRequest, at: number, end: End): Taken => {
    const { now, ahead = false } = request;
    const most = ahead ? Math.min(1, request.limit) : request.limit;
    const supersedes = request.supersede === true && request.order === 'key';
    const taken: OwedDelivery[] = [];
    let superseded = 0;
    while (taken.length < most && superseded < MOST_SUPERSEDED) {
      const turn = divided.next(ahead ? Number.POSITIVE_INFINITY : now);
      if (!turn) break;
      const { delivery, stream } = turn;
      const by = supersedes && delivery.batch === null ? replacement(delivery.event, behind(stream)) : null;
      if (by === null) {
        claim(divided, delivery, at);
        taken.push(delivery);
      } else {
        superseded += 1;
        end(delivery, by);
        leave(delivery);
      }
    }
    return { deliveries: superseded > 0 ? arranged(taken) : taken, next: divided.due() };
  };

  /** Several at once; nothing while any other is under way. */
  function takeBatch(divided: Streams, request: ClaimRequest, max: number, at: number, end: End): Taken {
    const first = owed.first();
    if (!first || divided.of(first)?.claimed !== 0) return { deliveries: [], next: null };
    const plan = first.batch === null ? planned(request, max) : repeated(first, request);
    if (plan?.kind !== 'send') return { deliveries: [], next: plan?.until ?? null };
    if (request.limit < 1) return { deliveries: [], next: first.nextAttempt };
    for (const { one, by } of plan.superseded) {
      end(one.delivery, by);
      leave(one.delivery);
    }
    const members = plan.members.map(({ delivery }) => delivery);
    for (const [id, others] of batches) if (!others.some((one) => isIn(one, id))) batches.delete(id);
    batches.set(plan.batch, members);
    for (const delivery of members) {
      delivery.batch = plan.batch;
      claim(divided, delivery, at);
    }
    return { deliveries: members, next: null };
  }

  function planned(request: ClaimRequest, max: number): Plan<Member> | null {
    const oldest = owed.pending().take(max).map(toMember).toArray();
    return planBatch(oldest, request, ({ delivery }) => lengthOf(delivery));
  }

  function repeated(first: OwedDelivery, { now, ahead = false }: ClaimRequest): Plan<Member> {
    const { nextAttempt, batch } = first;
    if (nextAttempt > now && !ahead) return { kind: 'wait', until: nextAttempt };
    const members = batches.get(batch ?? '')?.filter((one) => isIn(one, batch)) ?? [];
    return { kind: 'send', batch: batch ?? '', members: members.map(toMember), superseded: [] };
  }

  return {
    add(delivery) {
      if (delivery.state === 'dead') dead += 1;
      if (delivery.state !== 'pending') return;
      pending += 1;
      owed.add(delivery);
      if (streams) streams.changed(streams.enter(delivery, false));
    },

    take(request, at, end) {
      const { now, batch } = request;
      const order = batch ? 'webhook' : request.order;
      // Another clock, other times that are too far.
      const setBack = now < seen;
      seen = now;
      const divided = streams?.order !== order || setBack ? arrange(order) : streams;
      return batch ? takeBatch(divided, request, batch.max, at, end) : takeHeads(divided, request, at, end);
    },

    settled(delivery) {
      if (delivery.state === 'dead') dead += 1;
      const stream = streams?.of(delivery);
      if (stream) stream.claimed -= 1;
      if (delivery.state !== 'pending') leave(delivery);
      else if (stream) streams?.changed(stream);
    },

    marked(delivery, before) {
      if (before === 'dead') dead -= 1;
      if (delivery.state !== 'pending') {
        if (before === 'pending') leave(delivery);
        return;
      }
      if (before !== 'pending') {
        pending += 1;
        owed.insert(delivery);
      }
      const stream = before === 'pending' ? streams?.of(delivery) : streams?.enter(delivery, true);
      if (stream) streams?.changed(stream);
    },

    forgotten() {
      dead -= 1;
    },

    backlog: () => ({ pending, dead, oldest: owed.first()?.event.created ?? null }),
  };
}

type End = (delivery: OwedDelivery, by: string) => void;

interface Member extends Candidate, Due {
  readonly delivery: OwedDelivery;
}

function toMember(delivery: OwedDelivery): Member {
  const { id, batch, nextAttempt, requeued } = delivery;
  const { id: event, source, key, change, type, created } = delivery.event;
  return { id, batch, nextAttempt, requeued, event, source, key, change, type, created, delivery };
}

/** Sorts taken deliveries: one that came up after others were superseded may belong before them. */
function arranged(taken: readonly OwedDelivery[]): OwedDelivery[] {
  const turns = inTurn(taken.map(toMember), (a, b) => inOrder(a.delivery, b.delivery));
  return turns.map(({ delivery }) => delivery);
}

function isIn({ state, batch }: OwedDelivery, id: string | null): boolean {
  return state === 'pending' && batch === id;
}

/** The events of the deliveries behind the head of a stream. */
function behind({ line }: Stream) {
  return line
    .pending()
    .drop(1)
    .map(({ event: { id, change, type } }) => ({ event: id, change, type }));
}
