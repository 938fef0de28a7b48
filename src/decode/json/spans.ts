import { firstElement, nextElement, skipValue } from './scan.ts';

/** Start and end of each element of a list within a body. */
export class Spans {
  #bounds: Uint32Array;
  #count = 0;

  constructor(capacity = 64) {
    this.#bounds = new Uint32Array(2 * capacity);
  }

  get count(): number {
    return this.#count;
  }

  start(index: number): number {
    return this.#bounds[2 * index] as number;
  }

  end(index: number): number {
    return this.#bounds[2 * index + 1] as number;
  }

  push(start: number, end: number): void {
    this.#reserve(1);
    this.#bounds[2 * this.#count] = start;
    this.#bounds[2 * this.#count + 1] = end;
    this.#count += 1;
  }

  /** Adds elements `from` to `to` (exclusive) of another list, moved by `shift` bytes. */
  pushRun(other: Spans, from: number, to: number, shift: number): void {
    this.#reserve(to - from);
    for (let at = 2 * from; at < 2 * to; at += 1) {
      this.#bounds[2 * this.#count + at - 2 * from] = (other.#bounds[at] as number) + shift;
    }
    this.#count += to - from;
  }

  #reserve(more: number): void {
    const needed = 2 * (this.#count + more);
    if (needed <= this.#bounds.length) return;
    const larger = new Uint32Array(Math.max(needed, 2 * this.#bounds.length));
    larger.set(this.#bounds);
    this.#bounds = larger;
  }
}

/** The spans of the list that opens at `list`; null if an element is no object or the list is not well-formed. */
export function spansOf(body: Buffer, list: number): Spans | null {
  const spans = new Spans();
  let next = firstElement(body, list);
  while (next && 'start' in next) {
    const end = skipValue(body, next.start);
    if (end < 0) return null;
    spans.push(next.start, end);
    next = nextElement(body, end);
  }
  return next && spans;
}
