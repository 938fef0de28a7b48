import type { Pagination } from '../../config/paginate.ts';
import { type Failure, failure } from '../../errors.ts';
import { isRawNumber } from '../../lib/json.ts';
import type { Json } from '../../model.ts';
import { nextLink } from './link.ts';
import { nextUrl } from './next-url.ts';
import { createPositions } from './positions.ts';
import type { NextTarget, PageFacts, Step } from './step.ts';
import { nameOf, type Target } from './target.ts';

/** Finds the pages of one reading: given each page in turn, it says where the next one is. */
export interface Pager {
  /** Null: the source as it is configured. */
  readonly first: Target | null;
  next(page: PageFacts): Step;
}

/** The path in an answer to its next URL or cursor; null for other kinds of pagination. */
export function followed(paginate: Pagination): string | null {
  switch (paginate.type) {
    case 'link':
      return null;
    case 'next':
    case 'cursor':
      return paginate.path;
    case 'page':
      return typeof paginate.pages === 'string' ? paginate.pages : null;
    case 'offset':
      return paginate.total ?? null;
  }
}

/**
 * @param size of the pages, if the server is known to cap it below what is asked for; else null
 * @param resizes whether the pager may ask to start over with another page size
 */
export function createPager(paginate: Pagination, size: number | null, resizes: boolean): Pager {
  switch (paginate.type) {
    case 'link':
      return chain(paginate.max_pages, null, (page) => linked(page, page.link && nextLink(page.link)));
    case 'next':
      return chain(paginate.max_pages, null, (page) => linked(page, textOf(page.there, paginate.path)));
    case 'cursor': {
      const { inject, param } = paginate;
      const target = (token: string | number): Target => {
        return { kind: 'parameters', inject, values: new Map([[param, token]]) };
      };
      return chain(paginate.max_pages, null, ({ there }) => {
        const token = tokenOf(there, paginate.path);
        return token === null || typeof token === 'object' ? token : target(token);
      });
    }
    case 'page':
    case 'offset': {
      const positions = createPositions(paginate, size, resizes);
      return chain(paginate.max_pages, positions.first, positions.next);
    }
  }
}

/** Follows next links, and refuses circles, repeated pages and endless lists. */
function chain(most: number, first: Target | null, follow: (page: PageFacts) => NextTarget): Pager {
  const visited = new Set(first ? [nameOf(first)] : []);
  let count = 0;
  let before: PageFacts | null = null;
  return {
    first,
    next(page) {
      count += 1;
      const next = follow(page);
      if (next === null) return { kind: 'end' };
      if ('code' in next) return { kind: 'failed', failure: next };
      if (next.kind === 'again') return next;
      const failed = (why: string): Step => ({ kind: 'failed', failure: failure('FETCH_PAGES', why) });
      visited.add(page.url);
      if (before && isRepeated(before, page)) {
        // Behind the last page, many servers give the last page again.
        if (count > 2 && next.kind === 'parameters' && first) return { kind: 'end' };
        return failed(
          `page ${count} shows the same records as page ${count - 1}: either the server does not know what \`paginate\` sends, or page ${count - 1} is the last and \`paginate\` has to say where the number of pages or records is`,
        );
      }
      const name = nameOf(next);
      if (visited.has(name)) {
        return failed(`page ${count} leads back to a page that was read already`);
      }
      if (count >= most) return failed(`there are more pages than \`max_pages: ${most}\` allows`);
      visited.add(name);
      before = page;
      return { kind: 'page', target: next };
    },
  };
}

function isRepeated({ keys: before }: PageFacts, { keys }: PageFacts): boolean {
  return keys.length > 0 && keys.length === before.length && keys.every((key, at) => key === before[at]);
}

/** Characters of a link or token: no server accepts longer ones. */
const LONGEST = 8_000;

function linked(page: PageFacts, link: string | Failure | null): NextTarget {
  if (link === null || link === '') return null;
  if (typeof link === 'object') return link;
  const url = link.length > LONGEST ? null : nextUrl(link, new URL(page.url));
  if (!url) return failure('FETCH_PAGES', 'the link to the next page is not an http or https URL');
  if (url.protocol === 'http:' && page.url.startsWith('https:')) {
    return failure('FETCH_PAGES', `the link to the next page leads to ${url.origin}, which would leave TLS`);
  }
  return { kind: 'url', url: url.href };
}

function textOf(value: Json | undefined, path: string): string | Failure | null {
  if (value === undefined || value === null || value === false) return null;
  return typeof value === 'string' ? value.trim() : odd(value, path, 'a URL');
}

/** The token of the next page, as it came; `0` is a token like any other number. */
function tokenOf(value: Json | undefined, path: string): string | number | Failure | null {
  if (value === undefined || value === null || value === false || value === '') return null;
  if (typeof value === 'string' && value.length <= LONGEST) return value;
  if (typeof value === 'number') return value;
  return isRawNumber(value) ? value.rawJSON : odd(value, path, 'a token');
}

function odd(value: Json, path: string, wanted: string): Failure {
  const kind = Array.isArray(value)
    ? 'a list'
    : typeof value === 'object'
      ? 'an object'
      : `a ${typeof value}`;
  return failure('FETCH_PAGES', `"${path}" is ${kind} instead of ${wanted}`);
}
