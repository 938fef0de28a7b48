import type { Parameters } from '../../config/paginate.ts';
import { type Failure, failure } from '../../errors.ts';
import { countIn } from './count.ts';
import type { NextTarget, PageFacts } from './step.ts';
import type { Target } from './target.ts';

type Positional = Extract<Parameters, { type: 'page' | 'offset' }>;

interface Positions {
  readonly first: Target;
  next(page: PageFacts): NextTarget;
}

/**
 * Pages by number or offset. A list without a declared total ends with a page that is empty or shorter than one before
 * it. A first page that is shorter than the requested size is not the end: the server may cap the size. With offsets
 * that does no harm; with page numbers records would be skipped, so the list is read again with the server's size.
 *
 * @param size as for `createPager`, like `resizes`
 */
export function createPositions(paginate: Positional, size: number | null, resizes: boolean): Positions {
  const asked = size ?? (paginate.type === 'page' ? paginate.size : paginate.limit) ?? null;
  const sizeParam = paginate.type === 'page' ? paginate.size_param : paginate.limit_param;
  const start = paginate.type === 'page' ? paginate.start : 0;
  let read = 0;
  let shown = 0;
  let largest = 0;

  const at = (position: number): Target => {
    const values = new Map<string, string | number>([[paginate.param, position]]);
    if (sizeParam !== undefined && asked !== null) values.set(sizeParam, asked);
    return { kind: 'parameters', inject: paginate.inject, values };
  };

  return {
    first: at(start),
    next(page) {
      const count = page.keys.length;
      const before = { read, largest };
      read += 1;
      shown += count;
      largest = Math.max(largest, count);
      const following = at(paginate.type === 'page' ? start + read : shown);
      const end = endOf(paginate, page);
      if (typeof end === 'object' && end !== null) return end;
      if (end !== null) {
        const position = paginate.type === 'page' ? read : shown;
        // An empty page does not advance the offset: the next request would be the same.
        return position >= end || (paginate.type === 'offset' && count === 0) ? null : following;
      }
      if (count === 0) return null;
      const capped = before.read === 1 && asked !== null && before.largest < asked;
      if (capped && resizes && paginate.type === 'page' && sizeParam !== undefined) {
        return { kind: 'again', size: before.largest };
      }
      return before.read > 0 && count < before.largest ? null : following;
    },
  };
}

/** The total of pages or records that the server declares; null if none is configured. */
function endOf(paginate: Positional, { there }: PageFacts): number | Failure | null {
  const declared = paginate.type === 'page' ? paginate.pages : paginate.total;
  if (typeof declared !== 'string') return declared ?? null;
  const count = countIn(there);
  const what = paginate.type === 'page' ? 'the number of pages' : 'the number of records';
  return count ?? failure('FETCH_PAGES', `${what} is not at "${declared}"`);
}
