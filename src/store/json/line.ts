import { inOrder, type OwedDelivery } from './ledger.ts';

/** Settled deliveries are dropped in bulk, which makes each removal cheap. */
const LET_GO = 1000;

/** Pending deliveries in the order of commits; settled ones are skipped. */
export interface Line {
  /** Appends a new delivery. */
  add(delivery: OwedDelivery): void;
  /** Inserts one that is pending again at its position. */
  insert(delivery: OwedDelivery): void;
  first(): OwedDelivery | undefined;
  /** All that are pending. */
  pending(): Generator<OwedDelivery>;
  /**
   * Settled ones are dropped everywhere, not only at the front: one that stays pending must not keep all later ones.
   */
  letGo(pending: number): void;
}

export function createLine(): Line {
  let all: OwedDelivery[] = [];
  /** Everything before this index is settled. */
  let front = 0;

  function advance(): void {
    while (front < all.length && all[front]?.state !== 'pending') front += 1;
    if (front <= LET_GO || front <= all.length / 2) return;
    all.splice(0, front);
    front = 0;
  }

  return {
    add(delivery) {
      all.push(delivery);
    },

    insert(delivery) {
      let low = 0;
      let high = all.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (inOrder(all[middle] as OwedDelivery, delivery) < 0) low = middle + 1;
        else high = middle;
      }
      if (all[low] !== delivery) all.splice(low, 0, delivery);
      front = Math.min(front, low);
    },

    first() {
      advance();
      return all[front];
    },

    *pending() {
      for (let at = front; at < all.length; at += 1) {
        const one = all[at] as OwedDelivery;
        if (one.state === 'pending') yield one;
      }
    },

    letGo(pending) {
      advance();
      if (all.length < LET_GO || all.length < 2 * pending) return;
      all = all.filter(({ state }) => state === 'pending');
      front = 0;
    },
  };
}
