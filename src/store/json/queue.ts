import { type Backlog, type ClaimRequest, FURTHEST } from '../contract.ts';
import { createHeap, type Heap } from './heap.ts';
import { inOrder, type OwedDelivery } from './ledger.ts';

type Order = ClaimRequest['order'];

/** What one webhook is owed, ready to be claimed: a claim and a settlement cost O(log n). */
export interface Queue {
  /** In the order of commits. */
  add(delivery: OwedDelivery): void;
  /** Takes what may be sent, and counts an attempt on each. */
  take(request: ClaimRequest, at: number): OwedDelivery[];
  /** When the next unclaimed head of a stream is due; null if none waits. */
  next(): number | null;
  /** Its attempt is over, and it is what it became. */
  settled(delivery: OwedDelivery): void;
  /** A dead one was removed. */
  forgotten(): void;
  backlog(): Omit<Backlog, 'webhook'>;
}

/** Deliveries that are sent one after another. */
interface Stream {
  readonly key: string;
  /** In the order of commits; those before `first` are settled. */
  readonly deliveries: OwedDelivery[];
  first: number;
  claimed: number;
}

interface Streams {
  readonly order: Order;
  readonly byKey: Map<string, Stream>;
  /** Those that wait: nothing of them is claimed. */
  readonly due: Heap<Stream>;
}

/** Settled ones are let go of in bulk, so that each costs little. */
const LET_GO = 1000;

export function createQueue(): Queue {
  let owed: OwedDelivery[] = [];
  let front = 0;
  let pending = 0;
  let dead = 0;
  let streams: Streams | null = null;
  /** What the clock of the last claim said. */
  let seen = 0;

  function arrange(order: Order): Streams {
    const arranged: Streams = { order, byKey: new Map(), due: createHeap(isDueBefore) };
    for (const delivery of owed) if (delivery.state === 'pending') enter(arranged, delivery);
    for (const stream of arranged.byKey.values()) if (stream.claimed === 0) wait(arranged, stream);
    return arranged;
  }

  function wait({ due }: Streams, stream: Stream): void {
    const first = head(stream);
    if (first.nextAttempt > seen + FURTHEST) first.nextAttempt = 0;
    due.push(stream);
  }

  /** Not only those at the front: one that stays pending must not keep all that come after it. */
  function letGo(): void {
    while (front < owed.length && owed[front]?.state !== 'pending') front += 1;
    if (owed.length < LET_GO || owed.length < 2 * pending) return;
    owed = owed.filter(({ state }) => state === 'pending');
    front = 0;
  }

  return {
    add(delivery) {
      if (delivery.state === 'dead') dead += 1;
      if (delivery.state !== 'pending') return;
      pending += 1;
      owed.push(delivery);
      if (!streams) return;
      const { stream, fresh } = enter(streams, delivery);
      if (fresh) wait(streams, stream);
    },

    take({ order, now, ahead = false, limit }, at) {
      const setBack = now < seen;
      seen = now;
      // Another order means other streams: whatever is claimed counts in those. Another clock, other times that are too far.
      if (streams?.order !== order || setBack) streams = arrange(order);
      const taken: OwedDelivery[] = [];
      while (taken.length < (ahead ? Math.min(limit, 1) : limit)) {
        const stream = streams.due.peek();
        if (!stream || (!ahead && head(stream).nextAttempt > now)) break;
        streams.due.pop();
        const delivery = head(stream);
        stream.claimed += 1;
        delivery.claimed = at;
        delivery.attempts += 1;
        taken.push(delivery);
      }
      return taken;
    },

    next() {
      const stream = streams?.due.peek();
      return stream ? head(stream).nextAttempt : null;
    },

    settled(delivery) {
      if (delivery.state !== 'pending') pending -= 1;
      if (delivery.state === 'dead') dead += 1;
      letGo();
      const stream = streams?.byKey.get(streamKey(streams.order, delivery));
      if (!streams || !stream) return;
      stream.claimed -= 1;
      advance(stream);
      if (stream.first === stream.deliveries.length) streams.byKey.delete(stream.key);
      else if (stream.claimed === 0) wait(streams, stream);
    },

    forgotten() {
      dead -= 1;
    },

    backlog: () => ({ pending, dead, oldest: owed[front]?.event.created ?? null }),
  };
}

function enter({ order, byKey }: Streams, delivery: OwedDelivery): { stream: Stream; fresh: boolean } {
  const key = streamKey(order, delivery);
  const claimed = delivery.claimed === null ? 0 : 1;
  const there = byKey.get(key);
  if (there) {
    there.deliveries.push(delivery);
    there.claimed += claimed;
    return { stream: there, fresh: false };
  }
  const stream = { key, deliveries: [delivery], first: 0, claimed };
  byKey.set(key, stream);
  return { stream, fresh: true };
}

function advance(stream: Stream): void {
  while (stream.first < stream.deliveries.length && head(stream).state !== 'pending') stream.first += 1;
  if (stream.first > LET_GO && stream.first > stream.deliveries.length / 2) {
    stream.deliveries.splice(0, stream.first);
    stream.first = 0;
  }
}

function head({ deliveries, first }: Stream): OwedDelivery {
  return deliveries[first] as OwedDelivery;
}

function streamKey(order: Order, { id, event: { source, key } }: OwedDelivery): string {
  if (order === 'none') return id;
  // No source has a `/` in its name, and null is not the empty key.
  return order === 'webhook' ? '' : key === null ? source : `${source}/${key}`;
}

function isDueBefore(a: Stream, b: Stream): boolean {
  const [left, right] = [head(a), head(b)];
  return (
    left.nextAttempt < right.nextAttempt ||
    (left.nextAttempt === right.nextAttempt && inOrder(left, right) < 0)
  );
}
