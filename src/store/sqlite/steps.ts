/** Rows that are written before others have their turn: some milliseconds. */
const STRETCH = 200;

/** Does something with each item, and yields after every stretch of them. */
export function* inStretches<T>(items: Iterable<T>, work: (item: T) => void): Generator<void, void> {
  let count = 0;
  for (const item of items) {
    work(item);
    count += 1;
    if (count % STRETCH === 0) yield;
  }
}

/** Does all of it at once. */
export function atOnce<T>(steps: Generator<void, T>): T {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}
