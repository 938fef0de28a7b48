import type { SourceConfig } from '../config/document.ts';
import { parseJson } from '../lib/json.ts';
import type { Absence, Reading, Unconfirmed } from '../model.ts';
import { judgeAbsence } from './absence.ts';
import { changeOf, removed, stored } from './change.ts';
import type { Confirmation, Confirmed } from './confirmation.ts';
import type { Baseline, Detected, Observation } from './contract.ts';
import { type Difference, differenceOf } from './difference.ts';
import type { Lens } from './lens.ts';

const NOTHING: ReadonlyMap<string, string> = new Map();

/** The result of nearly all polls: nothing differs, nothing is missing, nothing awaits confirmation. */
export const UNCHANGED: Omit<Detected, 'ending' | 'records'> = {
  kind: 'detected',
  basis: 'stored',
  changes: [],
  upserts: [],
  removes: [],
  absent: {},
  unconfirmed: {},
  doubt: null,
  differs: false,
  warnings: [],
};

/** Compares a reading with the snapshot and decides which differences are reported. Null: all records are needed. */
export async function compare(
  deletes: SourceConfig['deletes'],
  lens: Lens,
  confirm: Confirmation,
  { reading, state, window, trusted, verdict }: Observation,
  baseline: Baseline,
): Promise<Omit<Detected, 'ending'> | null> {
  const before = { absent: state?.absent ?? {}, unconfirmed: state?.unconfirmed ?? {} };
  const known = state?.records ?? 0;
  // Most polls end here.
  if (reading.kind === 'same' && isEmpty(before.absent) && isEmpty(before.unconfirmed))
    return { ...UNCHANGED, records: known };
  const difference = await differenceOf(reading, lens, before, baseline);
  if (difference === null) return null;
  const missing = {
    keys: difference.missing,
    known,
    shown: shownBy(reading, difference, known),
    window,
    complete: reading.kind !== 'part',
  };
  const { absent, deleted, forgotten, doubt } = judgeAbsence(deletes, before.absent, missing, verdict);
  const { confirmed, unconfirmed, warnings } = await confirm(difference, before.unconfirmed, {
    windowOf: ({ kind, key }) => {
      if (kind === 'created') return { ...window, after: trusted };
      // A record that was missing meanwhile was last seen in its old state before it vanished.
      return { ...window, after: own(before.absent, key)?.window.after ?? window.after };
    },
    settled: missing.complete && doubt === null,
    kept: (key) => Object.hasOwn(absent, key),
  });
  const last = deleted.length > 0 ? await baseline.values(deleted.map(({ key }) => key)) : NOTHING;
  const changes = [
    ...inOrder(confirmed).map((one) => changeOf(one.record, one.window)),
    ...deleted.map((one) => removed(one.key, parseJson(last.get(one.key) ?? 'null'), one.window)),
  ];
  return {
    kind: 'detected',
    basis: 'stored',
    changes,
    upserts: confirmed.map(({ record }) => stored(record, lens)),
    removes: [...deleted.map(({ key }) => key), ...forgotten],
    absent,
    unconfirmed,
    doubt,
    differs:
      changes.length > 0 ||
      forgotten.length > 0 ||
      !same(before.absent, absent, (a, b) => a.polls === b.polls) ||
      !same(before.unconfirmed, unconfirmed, (a, b) => a.polls === b.polls && a.text === b.text),
    records: missing.shown,
    warnings,
  };
}

/** Created records come first: an update may refer to one. */
function inOrder(confirmed: readonly Confirmed[]): Confirmed[] {
  const { created = [], updated = [] } = Object.groupBy(confirmed, ({ record }) => record.kind);
  return [...created, ...updated];
}

/** Number of records after a poll; those that it was not asked for count as before. */
function shownBy(reading: Reading, { missing, records }: Difference, known: number): number {
  if (reading.kind === 'all') return reading.records.length;
  if (reading.kind === 'some') return reading.total;
  return known - missing.length + records.filter(({ kind }) => kind === 'created').length;
}

type ByKey<T> = Readonly<{ [key: string]: T }>;

function isEmpty(all: ByKey<unknown>): boolean {
  for (const _ in all) return false;
  return true;
}

function own<T>(all: ByKey<T>, key: string): T | undefined {
  return Object.hasOwn(all, key) ? all[key] : undefined;
}

function same<T extends Absence | Unconfirmed>(
  a: ByKey<T>,
  b: ByKey<T>,
  equal: (a: T, b: T) => boolean,
): boolean {
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && equal(a[key] as T, b[key] as T))
  );
}
