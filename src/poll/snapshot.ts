import type { SourceConfig } from '../config/document.ts';
import { createDecoder } from '../decode/decode.ts';
import { type Failure, failure } from '../errors.ts';
import type { Fetcher } from '../fetch/fetch.ts';
import { createPager } from '../fetch/paginate/pager.ts';
import { nameOf, pageOf } from '../fetch/paginate/target.ts';
import { formatSize } from '../lib/units.ts';
import type { Json, Reading, SourceRecord } from '../model.ts';
import { createExpectations } from './expectations.ts';
import { declaredProblem, type Joined, join } from './join.ts';
import { createPages, type NoPage, type Page, totalPath } from './page.ts';
import { NOTHING_KNOWN, type Remembered } from './remembered.ts';
import type { Layout } from './steady.ts';

/** What one reading of a source showed, all pages together. */
export interface Snapshot extends Pick<Joined, 'moved' | 'contradiction'> {
  readonly kind: 'snapshot';
  readonly status: number;
  readonly notBefore: number | null;
  /** Compared with what was accepted before. */
  readonly reading: Reading;
  readonly layout: Layout;
  readonly pages: Remembered['pages'];
  readonly size: Remembered['size'];
  /** All its records. */
  records(): Promise<readonly SourceRecord[] | Failure>;
  /** The document of its first page. */
  document(): Promise<Json>;
}

/** Which records are asked for: all, or how a request asks for some. */
export interface Ask {
  readonly request: SourceConfig;
  readonly complete: boolean;
}

/**
 * Reads all pages, or as many as it takes to know that it cannot be done.
 *
 * @param known what was accepted before
 */
export type ReadSnapshot = (ask: Ask, known: Remembered, signal: AbortSignal) => Promise<Snapshot | NoPage>;

interface Deps {
  readonly fetcher: Fetcher;
  /** Whether two values are the same as far as is compared. */
  readonly equal: (a: Json, b: Json) => boolean;
}

type Pages = ReadonlyMap<string, Page>;
type Walked =
  | { readonly kind: 'pages'; readonly pages: Pages }
  | { readonly kind: 'again'; readonly size: number }
  | NoPage;

export function createSnapshots(source: SourceConfig, { fetcher, equal }: Deps): ReadSnapshot {
  const { paginate, max_body } = source;
  const expectations = createExpectations(source.expect);
  const getPage = createPages(source, { fetcher, decode: createDecoder(source), expectations });
  const total = totalPath(source);

  return async function read(ask, known, signal): Promise<Snapshot | NoPage> {
    const walked = await walk(ask.request, known, signal);
    if (walked.kind === 'failed') return walked;
    // In pages of another size there is nothing to compare with.
    if (walked.kind === 'again') return read(ask, { ...NOTHING_KNOWN, size: walked.size }, signal);
    const pages = [...walked.pages.values()];
    const judged = await judge(pages, ask.complete, known);
    if ('code' in judged) return refused(judged, pages.at(-1) as Page);
    const layout = pages.map(({ remembered: { facts } }) => facts?.keys ?? []);
    const remembered = new Map([...walked.pages].map(([name, page]) => [name, page.remembered]));
    return {
      kind: 'snapshot',
      status: pages.find(({ status }) => status !== 304)?.status ?? 304,
      notBefore: Math.max(...pages.map(({ notBefore }) => notBefore ?? 0)) || null,
      ...judged,
      document: async () => pages[0]?.document() ?? null,
      layout,
      pages: remembered,
      size: known.size,
    };
  };

  async function walk(request: SourceConfig, known: Remembered, signal: AbortSignal): Promise<Walked> {
    const pager = paginate ? createPager(paginate, known.size) : null;
    const pages = new Map<string, Page>();
    let room = max_body;
    let target = pager?.first ?? null;
    for (;;) {
      const name = target ? nameOf(target) : '';
      const place = target ? pageOf(request, target) : request;
      const bounded = pager ? { ...place, max_body: Math.max(1, room) } : place;
      const page = await getPage(bounded, known.pages.get(name) ?? null, signal);
      if (page.kind === 'failed') return pages.size === 0 ? page : failedAt(page, pages.size + 1);
      pages.set(name, page);
      if (!pager || !page.remembered.facts) return { kind: 'pages', pages };
      room -= page.size;
      const step = pager.next(page.remembered.facts);
      if (step.kind === 'end') return { kind: 'pages', pages };
      if (step.kind === 'again') return step;
      if (step.kind === 'failed') return refused(step.failure, page);
      target = step.target;
    }
  }

  function failedAt(failed: NoPage, number: number): NoPage {
    const { code, message } = failed.failure;
    const text =
      code === 'FETCH_TOO_LARGE'
        ? `${number} pages together are larger than ${formatSize(max_body)}`
        : `page ${number}: ${message}`;
    return { ...failed, failure: failure(code, text) };
  }

  /** Puts pages together, and compares with what is expected of them, unless they are what was accepted before. */
  async function judge(
    pages: readonly Page[],
    complete: boolean,
    known: Remembered,
  ): Promise<Pick<Snapshot, 'reading' | 'moved' | 'contradiction' | 'records'> | Failure> {
    const [first] = pages as readonly [Page];
    const same = pages.every(({ reading }) => reading.kind === 'same') && pages.length === known.pages.size;
    if (same || !paginate) {
      const { reading, remembered } = first;
      const records = async () => {
        const lists = await recordsOf(pages);
        return 'code' in lists ? lists : lists.flat();
      };
      const count =
        reading.kind === 'all' ? reading.records.length : reading.kind === 'some' ? reading.total : null;
      const declared = total === null || count === null ? null : declaredProblem(remembered.total, count);
      const few = count !== null && complete ? expectations.count(count) : null;
      return { reading, moved: null, contradiction: declared ?? few, records };
    }
    const lists = await recordsOf(pages);
    if ('code' in lists) return lists;
    const declared = total === null ? null : pages.map(({ remembered }) => remembered.total);
    const { records, moved, contradiction } = join(lists, equal, declared);
    const few = complete ? expectations.count(records.length) : null;
    const reading = { kind: 'all', records } as const;
    return { reading, moved, contradiction: contradiction ?? few, records: async () => records };
  }
}

async function recordsOf(pages: readonly Page[]): Promise<(readonly SourceRecord[])[] | Failure> {
  const lists: (readonly SourceRecord[])[] = [];
  for (const page of pages) {
    const records = await page.records();
    if ('code' in records) return records;
    lists.push(records);
  }
  return lists;
}

function refused(reason: Failure, { status, notBefore }: Page): NoPage {
  return { kind: 'failed', failure: reason, status, notBefore, forget: true };
}
