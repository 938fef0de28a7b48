/** A binary heap: the least item in constant time, insertion and removal in O(log n). */
export interface Heap<T> {
  push(item: T): void;
  /** The least; undefined if there is none. */
  peek(): T | undefined;
  pop(): T | undefined;
}

/** @param before whether `a` comes before `b`; must not change while they are in the heap */
export function createHeap<T>(before: (a: T, b: T) => boolean): Heap<T> {
  const items: T[] = [];

  function rise(item: T): void {
    let at = items.length;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      const above = items[parent] as T;
      if (!before(item, above)) break;
      items[at] = above;
      at = parent;
    }
    items[at] = item;
  }

  function sink(item: T): void {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && before(items[child + 1] as T, items[child] as T)) child += 1;
      const below = items[child] as T;
      if (!before(below, item)) break;
      items[at] = below;
      at = child;
    }
    items[at] = item;
  }

  return {
    push: rise,
    peek: () => items[0],
    pop() {
      const least = items[0];
      const last = items.pop();
      if (items.length > 0) sink(last as T);
      return least;
    },
  };
}
