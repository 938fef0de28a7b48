import { inOrder, type Ledger } from './ledger.ts';

/** Where the deliveries behind this one begin; behind a delivery that is kept no longer comes nothing. */
export function positionAfter({ delivery, deliveries }: Ledger, id: string): number {
  const last = delivery(id);
  return last ? upperBound(deliveries, last, inOrder) : deliveries.length;
}

/** The number of those that are not behind `item`, in a list that is in order. */
export function upperBound<T>(list: readonly T[], item: T, compare: (a: T, b: T) => number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(list[middle] as T, item) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
