import type { SourceConfig } from '../config/document.ts';
import type { Pagination } from '../config/paginate.ts';
import { type Failure, failure } from '../errors.ts';
import { createPager } from '../fetch/paginate/pager.ts';
import { nameOf, pageOf } from '../fetch/paginate/target.ts';
import { formatSize } from '../lib/units.ts';
import type { Json, SourceRecord } from '../model.ts';
import { join } from './join.ts';
import type { NoPage, Page } from './page.ts';
import { NOTHING_KNOWN, type Remembered } from './remembered.ts';
import { type ReadSnapshot, refused, type Snapshot, type SnapshotDeps } from './snapshot.ts';

interface PagesDeps extends SnapshotDeps {
  readonly paginate: Pagination;
  /** Bytes of all pages together, at most. */
  readonly max_body: number;
  /** Whether the compared parts of two values are equal. */
  readonly equal: (a: Json, b: Json) => boolean;
}

type Walked =
  | { readonly kind: 'pages'; readonly pages: readonly Page[] }
  | { readonly kind: 'again'; readonly size: number }
  | NoPage;

/** The requests for the pages of a list, by their names. */
interface Places {
  /** The request for the list itself. */
  readonly request: SourceConfig;
  readonly pages: Map<string, SourceConfig>;
}

/** For sources that show their records page by page. */
export function createPaged(deps: PagesDeps): ReadSnapshot {
  const { paginate, max_body, getPage, expectations, declares, equal } = deps;
  const isCounted = paginate.type === 'page' || paginate.type === 'offset';
  // Preparing a request takes as long as sending it, and most polls ask for the same pages as the one before.
  let last: Places | null = null;

  return async ({ request, complete }, before, signal) => {
    let known = before;
    let walked = await walk(request, known, signal, true);
    if (walked.kind === 'again') {
      // In pages of another size there is nothing to compare with.
      known = { ...NOTHING_KNOWN, size: walked.size };
      walked = await walk(request, known, signal, false);
    }
    if (walked.kind === 'failed') return walked;
    const { pages } = walked as Extract<Walked, { kind: 'pages' }>;
    const judged = await judge(pages, complete, known);
    if ('code' in judged) return refused(pages.at(-1) as Page, judged);
    return {
      kind: 'snapshot',
      status: pages.find(({ status }) => status !== 304)?.status ?? 304,
      notBefore: Math.max(...pages.map(({ notBefore }) => notBefore ?? 0)) || null,
      layout: pages.map(({ remembered: { facts } }) => facts?.keys ?? []),
      pages: new Map(pages.map(({ name, remembered }) => [name, remembered])),
      size: known.size,
      ...judged,
      document: async () => pages[0]?.document() ?? null,
    };
  };

  /** @param resizes whether it may turn out that the list has to be read again in pages of another size */
  async function walk(
    request: SourceConfig,
    known: Remembered,
    signal: AbortSignal,
    resizes: boolean,
  ): Promise<Walked> {
    const pager = createPager(paginate, known.size, resizes);
    const before = last?.request === request ? last.pages : null;
    const places: Places = { request, pages: new Map() };
    last = places;
    const pages: Page[] = [];
    let room = max_body;
    let target = pager.first;
    for (;;) {
      const name = target ? nameOf(target) : '';
      const place = target ? (before?.get(name) ?? pageOf(request, target)) : request;
      // Pages on other hosts are sent through a connection of their own, and not remembered.
      if (place.tls === request.tls) places.pages.set(name, place);
      const page = await getPage(name, place, Math.max(1, room), known.pages.get(name) ?? null, signal);
      if (page.kind === 'failed') return pages.length === 0 ? page : failedAt(page, pages.length + 1);
      pages.push(page);
      room -= page.size;
      const { facts } = page.remembered;
      const step = facts ? pager.next(facts) : END;
      if (step.kind === 'end') return { kind: 'pages', pages };
      if (step.kind === 'again') return step;
      if (step.kind === 'failed') return refused(page, step.failure);
      target = step.target;
    }
  }

  function failedAt(failed: NoPage, number: number): NoPage {
    const { code, message } = failed.failure;
    const isBehind = isCounted && code === 'FETCH_STATUS' && failed.status !== null && failed.status < 500;
    const text =
      code === 'FETCH_TOO_LARGE'
        ? `${number} pages together are larger than ${formatSize(max_body)}`
        : `page ${number}: ${message}${isBehind ? endsBefore(number) : ''}`;
    return { ...failed, failure: failure(code, text) };
  }

  /** Joins the pages, unless all are the same as before. */
  async function judge(
    pages: readonly Page[],
    complete: boolean,
    known: Remembered,
  ): Promise<Pick<Snapshot, 'reading' | 'moved' | 'contradiction' | 'records'> | Failure> {
    if (pages.every(({ reading }) => reading.kind === 'same') && pages.length === known.pages.size) {
      const records = async () => {
        const lists = await recordsOf(pages);
        return 'code' in lists ? lists : join(lists, equal, null).records;
      };
      return { reading: { kind: 'same' }, moved: null, contradiction: null, records };
    }
    const lists = await recordsOf(pages);
    if ('code' in lists) return lists;
    const totals = declares ? pages.map(({ remembered }) => remembered.total) : null;
    const { records, moved, contradiction } = join(lists, equal, totals);
    const few = complete ? expectations.count(records.length) : null;
    const reading = { kind: 'all', records } as const;
    return { reading, moved, contradiction: contradiction ?? few, records: async () => records };
  }
}

/** A hint for servers that answer a page behind the last one with an error. */
function endsBefore(number: number): string {
  return `; if page ${number - 1} is the last, \`paginate\` has to say where the number of pages or records is`;
}

const END = { kind: 'end' } as const;

async function recordsOf(pages: readonly Page[]): Promise<(readonly SourceRecord[])[] | Failure> {
  const lists: (readonly SourceRecord[])[] = [];
  for (const page of pages) {
    const records = await page.records();
    if ('code' in records) return records;
    lists.push(records);
  }
  return lists;
}
