import { firstElement, nextElement, skipValue } from './scan.ts';
import { Spans } from './spans.ts';

/** Elements that are in one body but not, byte for byte, in the other. */
export interface Walk {
  /** All elements of the new list. */
  readonly spans: Spans;
  /** After the bracket that closes the new list. */
  readonly close: number;
  /** Indexes into `spans`. */
  readonly fresh: readonly number[];
  /** Indexes into the old spans. */
  readonly stale: readonly number[];
}

/** Removed elements in a row that are skipped; after more, the next match is found behind their replacements. */
const LOOK_AHEAD = 8;
const LONGEST_RUN = 1024;
/** With more new elements than this, and more than half of all, parsing everything is cheaper than going on. */
const MANY = 500;

/**
 * Walks a new list beside the one before it and finds what differs, comparing long runs of unchanged elements at once.
 * A changed, added or removed element costs a scan of its own bytes; nothing is parsed. Null: the new list cannot be
 * walked (not well-formed, elements that are no objects) or most of it is new.
 *
 * @param list where the new list opens in `body`
 */
export function walk(old: Buffer, oldSpans: Spans, body: Buffer, list: number): Walk | null {
  const spans = new Spans(oldSpans.count + 16);
  const fresh: number[] = [];
  const stale: number[] = [];
  let index = 0; // the first old element not yet accounted for
  let unmatched = 0; // new elements since the last one that was found again
  let next = firstElement(body, list);
  while (next && 'start' in next) {
    const { start } = next;
    const found = find(old, oldSpans, index, unmatched, body, start);
    if (found >= 0) {
      for (; index < found; index += 1) stale.push(index);
      const end = run(old, oldSpans, found, body, start);
      spans.pushRun(oldSpans, found, end, start - oldSpans.start(found));
      index = end;
      unmatched = 0;
      next = nextElement(body, spans.end(spans.count - 1));
    } else {
      const end = skipValue(body, start);
      if (end < 0) return null;
      fresh.push(spans.count);
      spans.push(start, end);
      unmatched += 1;
      if (fresh.length > MANY && fresh.length > spans.count / 2) return null;
      next = nextElement(body, end);
    }
  }
  if (!next) return null;
  for (; index < oldSpans.count; index += 1) stale.push(index);
  return { spans, close: next.close, fresh, stale };
}

/** The old element at or shortly after `index` that stands at `start` in the new body; -1 if none does. */
function find(
  old: Buffer,
  spans: Spans,
  index: number,
  unmatched: number,
  body: Buffer,
  start: number,
): number {
  for (let ahead = 0; ahead <= LOOK_AHEAD; ahead += 1) {
    if (stands(old, spans, index + ahead, index + ahead + 1, body, start)) return index + ahead;
  }
  // If elements were replaced one by one, the next match is at the same index.
  const replaced = index + unmatched;
  return unmatched > LOOK_AHEAD && stands(old, spans, replaced, replaced + 1, body, start) ? replaced : -1;
}

/** The end of the longest run of old elements from `from` on, separators included, that stands at `start`. */
function run(old: Buffer, spans: Spans, from: number, body: Buffer, start: number): number {
  let end = from + 1;
  for (let length = 1; length >= 1; ) {
    const to = Math.min(end + length, spans.count);
    const shift = start - spans.start(from);
    if (to > end && stands(old, spans, end - 1, to, body, spans.start(end - 1) + shift)) {
      end = to;
      length = Math.min(2 * length, LONGEST_RUN);
    } else {
      length = to > end ? Math.floor(length / 2) : 0;
    }
  }
  return end;
}

/** Whether the bytes of old elements `from` to `to` (exclusive) stand at `start` in the new body. */
function stands(old: Buffer, spans: Spans, from: number, to: number, body: Buffer, start: number): boolean {
  if (to > spans.count) return false;
  const first = spans.start(from);
  const last = spans.end(to - 1);
  const end = start + last - first;
  return end <= body.length && body.compare(old, first, last, start, end) === 0;
}
