import { inOrder, type Ledger } from './ledger.ts';

/** The position after a delivery; the end of the list if it is no longer kept. */
export function positionAfter({ delivery, deliveries }: Ledger, id: string): number {
  const last = delivery(id);
  return last ? upperBound(deliveries, last, inOrder) : deliveries.length;
}

/** The number of items of a sorted list that do not come after `item`. */
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
