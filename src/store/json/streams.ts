import { type ClaimRequest, FURTHEST } from '../contract.ts';
import { isBefore } from '../due.ts';
import { createHeap, type Heap } from './heap.ts';
import { inOrder, type OwedDelivery } from './ledger.ts';
import { createLine, type Line } from './line.ts';

export type Order = ClaimRequest['order'];

/** Deliveries that must be sent one after another. */
export interface Stream {
  readonly key: string;
  readonly line: Line;
  pending: number;
  claimed: number;
  /** The entry of its head in one of the heaps, while none of its deliveries is claimed. */
  turn: Turn | null;
}

/** A waiting head of a stream. It is stale once the stream has another head. */
export interface Turn {
  readonly stream: Stream;
  readonly delivery: OwedDelivery;
  readonly created: number;
  readonly nextAttempt: number;
  readonly requeued: boolean;
}

/** The pending deliveries of one webhook, divided into streams. */
export interface Streams {
  readonly order: Order;
  of(delivery: OwedDelivery): Stream | undefined;
  /** @param again whether it was here before */
  enter(delivery: OwedDelivery, again: boolean): Stream;
  /** Updates the heaps after the head of a stream has changed, or whether it waits. */
  changed(stream: Stream): void;
  /** The next head, if it is due by then. */
  next(until: number): Turn | undefined;
  /** When the next one is due, however far ahead; null if none waits. */
  due(): number | null;
}

/** @param now the wall clock: a head that is due too far ahead of it is due at once */
export function createStreams(order: Order, pending: Iterable<OwedDelivery>, now: () => number): Streams {
  const byKey = new Map<string, Stream>();
  const fresh = createHeap<Turn>((a, b) => byCommit(a, b) < 0);
  const retries = createHeap<Turn>(isDueBefore);
  const requeued = createHeap<Turn>(isDueBefore);

  function enter(delivery: OwedDelivery, again: boolean): Stream {
    const key = streamKey(order, delivery);
    const stream = byKey.get(key) ?? { key, line: createLine(), pending: 0, claimed: 0, turn: null };
    byKey.set(key, stream);
    if (again) stream.line.insert(delivery);
    else stream.line.add(delivery);
    stream.pending += 1;
    if (delivery.claimed !== null) stream.claimed += 1;
    return stream;
  }

  function changed(stream: Stream): void {
    const { turn } = stream;
    if (stream.pending === 0) byKey.delete(stream.key);
    const delivery = stream.claimed > 0 ? undefined : stream.line.first();
    if (!delivery) {
      stream.turn = null;
      return;
    }
    if (delivery.nextAttempt > now() + FURTHEST) delivery.nextAttempt = 0;
    const { nextAttempt, requeued: again } = delivery;
    const stands = turn?.delivery === delivery && turn.nextAttempt === nextAttempt && turn.requeued === again;
    if (stands) return;
    stream.turn = { stream, delivery, created: delivery.event.created, nextAttempt, requeued: again };
    (again ? requeued : nextAttempt === 0 ? fresh : retries).push(stream.turn);
  }

  for (const delivery of pending) enter(delivery, false);
  for (const stream of byKey.values()) changed(stream);

  function first(until: number): Turn | undefined {
    const never = top(fresh);
    const retry = dueBy(top(retries), until);
    if (never && retry) return isBefore(never, retry, byCommit) ? never : retry;
    return never ?? retry ?? dueBy(top(requeued), until);
  }

  return {
    order,
    of: (delivery) => byKey.get(streamKey(order, delivery)),
    enter,
    changed,
    next: first,
    due() {
      const times = [fresh, retries, requeued].flatMap((heap) => top(heap)?.nextAttempt ?? []);
      return times.length === 0 ? null : Math.min(...times);
    },
  };
}

/** The first head that is not stale. */
function top(heap: Heap<Turn>): Turn | undefined {
  for (;;) {
    const turn = heap.peek();
    if (!turn || turn.stream.turn === turn) return turn;
    heap.pop();
  }
}

function dueBy(turn: Turn | undefined, until: number): Turn | undefined {
  return turn && turn.nextAttempt <= until ? turn : undefined;
}

function isDueBefore(a: Turn, b: Turn): boolean {
  return (a.nextAttempt - b.nextAttempt || byCommit(a, b)) < 0;
}

function byCommit(a: Turn, b: Turn): number {
  return inOrder(a.delivery, b.delivery);
}

function streamKey(order: Order, { id, event: { lineage, key } }: OwedDelivery): string {
  if (order === 'none') return id;
  // No source has a `/` in its name, and null is not the empty key.
  return order === 'webhook' ? '' : key === null ? lineage : `${lineage}/${key}`;
}
