import type { SourceConfig } from '../config/document.ts';
import type { Failure } from '../errors.ts';
import { advance, type Scope, scopeOf } from '../fetch/incremental/cursor.ts';
import { sinceValue } from '../fetch/incremental/since.ts';
import { withParameters } from '../fetch/paginate/target.ts';
import { parsePath, valueAt } from '../lib/path.ts';
import type { Cursor, SourceState } from '../model.ts';
import type { Observed } from './observe.ts';
import type { Ask } from './snapshot.ts';

/** What a poll asks for: everything, or with `incremental` what changed since the cursor. */
export interface Question {
  readonly scope: Scope;
  readonly ask: Ask;
}

/** @param now when the poll began, Unix milliseconds */
export function questionOf(
  source: SourceConfig,
  state: SourceState | null,
  cursor: Cursor | null,
  now: number,
): Question {
  const { incremental } = source;
  const scope: Scope = incremental ? scopeOf(source, incremental, state, cursor, now) : { kind: 'complete' };
  if (!incremental || scope.kind === 'complete') return { scope, ask: { request: source, complete: true } };
  const since = new Map([[incremental.param, sinceValue(scope.cursor, incremental)]]);
  return { scope, ask: { request: withParameters(source, incremental.inject, since), complete: false } };
}

/** The cursor after a poll. It does not advance past a list that moved while it was read. */
export async function cursorAfter(
  source: SourceConfig,
  scope: Scope,
  { snapshot, unsettled }: Observed,
  time: { readonly began: number; readonly took: number },
): Promise<Cursor | Failure | null> {
  const { incremental } = source;
  const before = scope.kind === 'since' ? scope.cursor : null;
  if (!incremental || unsettled !== null) return before;
  const records = await snapshot.records();
  if ('code' in records) return records;
  const path = parsePath(incremental.cursor);
  const values = records.map(({ value }) => valueAt(value, path));
  return advance(source, incremental, scope, values, time);
}
