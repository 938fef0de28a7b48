import { hash } from 'node:crypto';
import type { SourceConfig } from '../../config/document.ts';
import type { Incremental } from '../../config/incremental.ts';
import { type Failure, failure } from '../../errors.ts';
import { reveal } from '../../lib/secret.ts';
import { counted } from '../../lib/units.ts';
import type { Cursor, Json, SourceState } from '../../model.ts';
import { FURTHEST_EAST, parseTime, type RecordTime } from './time.ts';

type Source = Pick<SourceConfig, 'deletes' | 'url' | 'method' | 'query' | 'body' | 'headers'>;

/** What to ask for: all records, or those that changed since a cursor. */
export type Scope = { readonly kind: 'complete' } | { readonly kind: 'since'; readonly cursor: Cursor };

/**
 * What the next poll of an incremental source asks for. The fetch is complete at first, after `full_every`, when the
 * request was reconfigured, and while there are missing records that only a complete fetch can find or confirm.
 *
 * @param state of the snapshot that the answer will be compared with; null if there is none
 * @param cursor that belongs to it
 */
export function scopeOf(
  source: Source,
  { full_every }: Incremental,
  state: Pick<SourceState, 'absent'> | null,
  cursor: Cursor | null,
  now: number,
): Scope {
  if (state === null || cursor === null || cursor.request !== requestName(source))
    return { kind: 'complete' };
  const age = now - cursor.full;
  const missing = source.deletes !== false && Object.keys(state.absent).length > 0;
  // An age below zero means that the wall clock was set back, which says nothing about the real age.
  return missing || age < 0 || age >= full_every ? { kind: 'complete' } : { kind: 'since', cursor };
}

/**
 * Fingerprint of the list that is asked for. Credentials do not count: they are renewed, and the list stays the same.
 */
function requestName({ url, method, query, body, headers }: Source): string {
  const shown = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), reveal(value)]);
  return hash('sha256', JSON.stringify([url, method, query, body, shown]), 'base64url').slice(0, 22);
}

/**
 * The cursor after a fetch: the time of the newest record, less the time that the fetch took, because records may
 * have changed meanwhile on pages that were read already. Times in the future (such as a date that means "never") are
 * left out, since nothing would be asked for until then.
 *
 * @param values of the records at `cursor`
 * @param began when the fetch began, wall time
 * @param took milliseconds of the fetch
 * @returns null if no record has a time, so that the next fetch has to be complete
 */
export function advance(
  source: Source,
  { cursor: path }: Incremental,
  scope: Scope,
  values: readonly (Json | undefined)[],
  { began, took }: { readonly began: number; readonly took: number },
): Cursor | Failure | null {
  const times = values.map(parseTime).filter((time) => time !== null);
  if (scope.kind === 'complete' && values.length > 0 && times.length === 0) {
    return failure(
      'DECODE_CURSOR',
      `${counted(values.length, 'record')}, and no time that can be read at "${path}" in any`,
    );
  }
  let newest: RecordTime | null = null;
  for (const one of times) {
    const latest = began + took + (one.zoned ? 0 : FURTHEST_EAST);
    if (one.time <= latest && one.time > (newest?.time ?? 0)) newest = one;
  }
  const reached = newest && { time: Math.max(0, newest.time - Math.ceil(took)), zoned: newest.zoned };
  if (scope.kind === 'complete') return reached && { ...reached, full: began, request: requestName(source) };
  return reached && reached.time > scope.cursor.time ? { ...scope.cursor, ...reached } : scope.cursor;
}
