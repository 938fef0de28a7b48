import type { SourceConfig } from '../config/document.ts';
import type { Failure } from '../errors.ts';
import type { Json, Reading, SourceRecord } from '../model.ts';
import type { Expectations } from './expectations.ts';
import { declaredProblem, type Joined } from './join.ts';
import type { GetPage, NoPage, Page } from './page.ts';
import type { Remembered } from './remembered.ts';
import type { Layout } from './stability.ts';

/** One reading of a source, all pages together. */
export interface Snapshot extends Pick<Joined, 'moved' | 'contradiction'> {
  readonly kind: 'snapshot';
  readonly status: number;
  readonly notBefore: number | null;
  /** How it differs from what was accepted before. */
  readonly reading: Reading;
  readonly layout: Layout;
  readonly pages: Remembered['pages'];
  readonly size: Remembered['size'];
  /** All its records. */
  records(): Promise<readonly SourceRecord[] | Failure>;
  /** The document of its first page. */
  document(): Promise<Json>;
}

/** What to request: all records, or those that changed since the cursor. */
export interface Ask {
  readonly request: SourceConfig;
  readonly complete: boolean;
}

/**
 * Reads a source completely, or fails.
 *
 * @param known what was accepted before
 */
export type ReadSnapshot = (ask: Ask, known: Remembered, signal: AbortSignal) => Promise<Snapshot | NoPage>;

export interface SnapshotDeps {
  readonly getPage: GetPage;
  readonly expectations: Expectations;
  /** Whether answers declare how many records there are. */
  readonly declares: boolean;
}

/** For unpaged sources: one answer is the snapshot. */
export function createWhole({ getPage, expectations, declares }: SnapshotDeps): ReadSnapshot {
  return async ({ request, complete }, known, signal) => {
    const before = known.pages.get('') ?? null;
    const page = await getPage('', request, request.max_body, before, signal);
    if (page.kind === 'failed') return page;
    const { status, notBefore, reading, remembered, records, document } = page;
    const count = countOf(reading);
    const problem = declares && count !== null ? declaredProblem(remembered.total, count) : null;
    const few = complete && count !== null ? expectations.count(count) : null;
    return {
      kind: 'snapshot',
      status,
      notBefore,
      reading,
      layout: ONE_PAGE,
      pages: remembered === before ? known.pages : new Map([['', remembered]]),
      size: null,
      moved: null,
      contradiction: problem ?? few,
      records,
      document,
    };
  };
}

const ONE_PAGE: Layout = [[]];

/** Records of a reading; null if it is the same as before, which was counted then. */
function countOf(reading: Reading): number | null {
  if (reading.kind === 'same') return null;
  return reading.kind === 'some' ? reading.total : reading.records.length;
}

/** An answer that was read and is not accepted. */
export function refused({ status, notBefore }: Pick<Page, 'status' | 'notBefore'>, reason: Failure): NoPage {
  return { kind: 'failed', failure: reason, status, notBefore, forget: true };
}
