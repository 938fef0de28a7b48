import { hash } from 'node:crypto';
import type { SourceConfig } from '../config/document.ts';
import { parseJson } from '../lib/json.ts';
import type {
  Absence,
  Change,
  Json,
  Reading,
  SourceRecord,
  SourceState,
  StoredRecord,
  Window,
} from '../model.ts';
import { type Doubt, judgeAbsence } from './absence.ts';
import { canonical, digestOf } from './canonical.ts';
import { differingFields, MOST_FIELDS } from './fields.ts';
import { createLens, type Lens } from './lens.ts';

/** What is asked of the stored snapshot: digests of all records, values only of those that differ. */
export interface Baseline {
  digests(): AsyncIterable<readonly (readonly [key: string, digest: string])[]>;
  values(keys: Iterable<string>): Promise<ReadonlyMap<string, string>>;
}

export interface Observation {
  readonly reading: Reading;
  /** The stored state; null before the first snapshot. */
  readonly state: SourceState | null;
  /** When the last poll began that showed the stored state, and when this answer was complete. */
  readonly window: Window;
}

/** `unsure`: the reading shows only a part and contradicts the snapshot; read the whole answer. */
export type Detection = { readonly kind: 'unsure' } | Detected;

export interface Detected {
  readonly kind: 'detected';
  /** `first`: there was no snapshot; `rebaselined`: what is compared was changed, so differences mean nothing. */
  readonly basis: 'first' | 'rebaselined' | 'stored';
  readonly changes: readonly Change[];
  readonly upserts: readonly StoredRecord[];
  readonly removes: readonly string[];
  readonly absent: Readonly<{ [key: string]: Absence }>;
  readonly doubt: Doubt | null;
  /** Whether anything of this has to be stored. */
  readonly differs: boolean;
  /** Records that the answer showed. */
  readonly records: number;
}

export interface Detector {
  /** Fingerprint of the options that decide what a change is. */
  readonly comparison: string;
  /** Whether two values are the same as far as is compared. */
  equal(a: Json, b: Json): boolean;
  detect(observation: Observation, baseline: Baseline): Promise<Detection>;
}

type Options = Pick<
  SourceConfig,
  | 'format'
  | 'charset'
  | 'csv'
  | 'xml'
  | 'html'
  | 'text'
  | 'items'
  | 'key'
  | 'only'
  | 'ignore'
  | 'unordered'
  | 'initial'
  | 'deletes'
>;

export function createDetector(options: Options): Detector {
  const lens = createLens(options);
  const comparison = comparisonOf(options);
  return {
    comparison,
    equal: (a, b) => canonical(a, lens) === canonical(b, lens),
    async detect(observation, baseline) {
      const { reading, state } = observation;
      const basis = !state ? 'first' : state.comparison === comparison ? 'stored' : 'rebaselined';
      if (basis === 'stored') return compare(options, lens, observation, baseline);
      if (reading.kind !== 'all') return { kind: 'unsure' };
      const emptied = reading.records.length === 0 && state !== null && state.records > 0;
      if (emptied && !(options.deletes !== false && options.deletes.allow_empty)) return waiting(state);
      return begin(options, lens, reading.records, basis, observation.window);
    },
  };
}

const NOTHING: ReadonlyMap<string, string> = new Map();

/** Fingerprint of what decides whether two records are equal; the order in which paths are listed means nothing. */
function comparisonOf(options: Options): string {
  const { items, key, only, ignore, unordered } = options;
  const [wanted, ignored, loose] = [only, ignore, unordered].map(
    (paths) => paths && [...new Set(paths)].sort(),
  );
  const parts = [1, items, key, wanted, ignored, loose, ...readingOf(options)];
  return hash('sha256', JSON.stringify(parts), 'base64url');
}

/** What makes other records of the same bytes; nothing for JSON that says itself how it is read. */
function readingOf({ format, charset, csv, xml, html, text }: Options): unknown[] {
  const said = format === 'auto' || format === 'json' ? undefined : format;
  const all = { format: said, charset, csv, xml, html, text };
  return Object.values(all).some((one) => one !== undefined) ? [all] : [];
}

/** A new baseline that is empty would make every record that comes back a new one. */
function waiting({ records, absent }: SourceState): Detected {
  const reason = `the list is empty, and had ${records}; what is compared has changed, and waits for records`;
  return {
    kind: 'detected',
    basis: 'stored',
    changes: [],
    upserts: [],
    removes: [],
    absent,
    doubt: { missing: records, of: records, reason },
    differs: false,
    records: 0,
  };
}

/** A snapshot that nothing is compared with. */
function begin(
  options: Options,
  lens: Lens,
  records: readonly SourceRecord[],
  basis: 'first' | 'rebaselined',
  window: Window,
): Detected {
  const emit = basis === 'first' && options.initial === 'emit';
  return {
    kind: 'detected',
    basis,
    changes: emit ? records.map((record) => created(record, window)) : [],
    upserts: records.map((record) => stored(record, lens)),
    removes: [],
    absent: {},
    doubt: null,
    differs: true,
    records: records.length,
  };
}

async function compare(
  options: Options,
  lens: Lens,
  { reading, state, window }: Observation,
  baseline: Baseline,
): Promise<Detection> {
  const before = state?.absent ?? {};
  const known = state?.records ?? 0;
  const found = await differing(reading, lens, before, baseline);
  if (found === null) return { kind: 'unsure' };
  const missing = {
    keys: found.missing,
    known,
    shown: shownBy(reading, known - found.missing.length + found.created.length),
    window,
    complete: reading.kind !== 'part',
  };
  const { absent, deleted, forgotten, doubt } = judgeAbsence(options.deletes, before, missing);
  const last = deleted.length > 0 ? await baseline.values(deleted.map(({ key }) => key)) : NOTHING;
  const changes = [
    ...found.created.map((record) => created(record, window)),
    ...found.updated.map(({ record, previous }) =>
      // What was missing meanwhile was last seen in its old state before it went.
      updated(record, previous, lens, {
        ...window,
        after: absence(before, record.key)?.window.after ?? window.after,
      }),
    ),
    ...deleted.map((one) => removed(one.key, parseJson(last.get(one.key) ?? 'null'), one.window)),
  ];
  return {
    kind: 'detected',
    basis: 'stored',
    changes,
    upserts: [...found.created, ...found.updated.map(({ record }) => record)].map((record) =>
      stored(record, lens),
    ),
    removes: [...deleted.map(({ key }) => key), ...forgotten],
    absent,
    doubt,
    differs: changes.length > 0 || forgotten.length > 0 || !sameAbsences(before, absent),
    records: missing.shown,
  };
}

/** How many records a poll showed; what it was not asked for counts as it was. */
function shownBy(reading: Reading, others: number): number {
  if (reading.kind === 'all') return reading.records.length;
  return reading.kind === 'some' ? reading.total : others;
}

interface Differing {
  readonly created: readonly SourceRecord[];
  readonly updated: readonly { readonly record: SourceRecord; readonly previous: Json }[];
  /** Keys of the snapshot that the answer does not show. */
  readonly missing: readonly string[];
}

async function differing(
  reading: Reading,
  lens: Lens,
  absent: Readonly<{ [key: string]: Absence }>,
  baseline: Baseline,
): Promise<Differing | null> {
  if (reading.kind === 'same') return { created: [], updated: [], missing: Object.keys(absent) };
  if (reading.kind === 'all') return differingOfAll(reading.records, lens, baseline);
  const previous = await baseline.values(reading.records.map((record) => record.key));
  const shown = new Set(reading.records.map((record) => record.key));
  const still = Object.keys(absent).filter((key) => !shown.has(key));
  if (reading.kind === 'part') return { ...sorted(reading.records, previous, lens), missing: still };
  // A record that is new to the answer but not to the snapshot must have been missing, or it is there twice.
  if (reading.added.some((key) => previous.has(key) && !Object.hasOwn(absent, key))) return null;
  return { ...sorted(reading.records, previous, lens), missing: [...new Set([...still, ...reading.gone])] };
}

async function differingOfAll(
  records: readonly SourceRecord[],
  lens: Lens,
  baseline: Baseline,
): Promise<Differing> {
  const shown = new Map(records.map((record) => [record.key, record]));
  const suspects = new Set(shown.keys());
  const missing: string[] = [];
  for await (const batch of baseline.digests()) {
    for (const [key, digest] of batch) {
      const record = shown.get(key);
      if (!record) missing.push(key);
      else if (digestOf(record.value, lens) === digest) suspects.delete(key);
    }
  }
  const differing = records.filter((record) => suspects.has(record.key));
  return { ...sorted(differing, await baseline.values(suspects), lens), missing };
}

/** Tells new records from changed ones, and drops those that only look different. */
function sorted(records: readonly SourceRecord[], stored: ReadonlyMap<string, string>, lens: Lens) {
  const created: SourceRecord[] = [];
  const updated: { record: SourceRecord; previous: Json }[] = [];
  for (const record of records) {
    const text = stored.get(record.key);
    const previous = text === undefined ? undefined : parseJson(text);
    if (previous === undefined) created.push(record);
    else if (canonical(previous, lens) !== canonical(record.value, lens)) updated.push({ record, previous });
  }
  return { created, updated };
}

function stored(record: SourceRecord, lens: Lens): StoredRecord {
  return { key: record.key, digest: digestOf(record.value, lens), text: JSON.stringify(record.value) };
}

function created({ key, value }: SourceRecord, window: Window): Change {
  return { change: 'created', key, current: value, previous: null, fields: [], truncated: false, window };
}

function updated({ key, value }: SourceRecord, previous: Json, lens: Lens, window: Window): Change {
  const fields = differingFields(previous, value, lens);
  const truncated = fields.length > MOST_FIELDS;
  return {
    change: 'updated',
    key,
    current: value,
    previous,
    fields: fields.slice(0, MOST_FIELDS),
    truncated,
    window,
  };
}

function removed(key: string, previous: Json, window: Window): Change {
  return { change: 'deleted', key, current: null, previous, fields: [], truncated: false, window };
}

function absence(absences: Readonly<{ [key: string]: Absence }>, key: string): Absence | undefined {
  return Object.hasOwn(absences, key) ? absences[key] : undefined;
}

function sameAbsences(
  a: Readonly<{ [key: string]: Absence }>,
  b: Readonly<{ [key: string]: Absence }>,
): boolean {
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && a[key]?.polls === b[key]?.polls)
  );
}
