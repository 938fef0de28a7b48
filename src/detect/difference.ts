import { parseJson } from '../lib/json.ts';
import type { Absence, FieldChange, Json, Reading, SourceRecord, Unconfirmed } from '../model.ts';
import { digestOf } from './canonical.ts';
import type { Baseline } from './contract.ts';
import { differingFields } from './fields.ts';
import type { Lens } from './lens.ts';

/** A record that differs from the snapshot. */
export type DifferingRecord = SourceRecord &
  (
    | { readonly kind: 'created' }
    | { readonly kind: 'updated'; readonly previous: Json; readonly fields: readonly FieldChange[] }
  );

export interface Difference {
  readonly records: readonly DifferingRecord[];
  /** Keys of the snapshot that the answer does not show. */
  readonly missing: readonly string[];
  /** Keys of unconfirmed records that the answer does not show. */
  readonly unshown: readonly string[];
}

/** What the state holds about records besides the snapshot. */
export interface Remembered {
  readonly absent: Readonly<{ [key: string]: Absence }>;
  readonly unconfirmed: Readonly<{ [key: string]: Unconfirmed }>;
}

/**
 * How a reading differs from the snapshot. The cost grows with the records of the reading and the unconfirmed ones.
 * Null: the reading has only the records that differ, and contradicts the snapshot.
 */
export async function differenceOf(
  reading: Reading,
  lens: Lens,
  remembered: Remembered,
  baseline: Baseline,
): Promise<Difference | null> {
  if (reading.kind === 'all') return differenceOfAll(reading.records, lens, remembered, baseline);
  const { absent, unconfirmed } = remembered;
  if (reading.kind === 'same' && Object.keys(unconfirmed).length === 0)
    return { records: [], missing: Object.keys(absent), unshown: [] };
  const records = reading.kind === 'same' ? [] : reading.records;
  const gone = reading.kind === 'some' ? reading.gone : [];
  const mentioned = new Set([...records.map(({ key }) => key), ...gone]);
  // Records that are not mentioned are as in the answer before.
  const others = Object.entries(unconfirmed).filter(([key]) => !mentioned.has(key));
  const again = others.flatMap(([key, { text }]) => (text === null ? [] : [{ key, value: parseJson(text) }]));
  const lost = gone.filter((key) => Object.hasOwn(unconfirmed, key));
  const shown = [...records, ...again];
  const stored = await baseline.values([...shown.map(({ key }) => key), ...lost]);
  // A record that is new to the answer but not to the snapshot was missing before; otherwise its key is there twice.
  if (reading.kind === 'some' && reading.added.some((key) => stored.has(key) && !Object.hasOwn(absent, key)))
    return null;
  return {
    records: differing(shown, stored, lens),
    missing: [
      ...Object.keys(absent).filter((key) => !mentioned.has(key)),
      // A record that is gone before it was confirmed was never in the snapshot.
      ...gone.filter((key) => stored.has(key) || !Object.hasOwn(unconfirmed, key)),
    ],
    unshown: [...others.filter(([, { text }]) => text === null).map(([key]) => key), ...lost],
  };
}

async function differenceOfAll(
  records: readonly SourceRecord[],
  lens: Lens,
  { unconfirmed }: Remembered,
  baseline: Baseline,
): Promise<Difference> {
  const suspects = new Map(records.map((record) => [record.key, record]));
  const unshown = Object.keys(unconfirmed).filter((key) => !suspects.has(key));
  const missing: string[] = [];
  for await (const batch of baseline.digests()) {
    for (const [key, digest] of batch) {
      const record = suspects.get(key);
      if (!record) missing.push(key);
      else if (digestOf(record.value, lens) === digest) suspects.delete(key);
    }
  }
  const others = [...suspects.values()];
  return { records: differing(others, await baseline.values(suspects.keys()), lens), missing, unshown };
}

/** Divides records into new and changed ones, and drops those whose compared values are equal. */
function differing(
  records: readonly SourceRecord[],
  stored: ReadonlyMap<string, string>,
  lens: Lens,
): DifferingRecord[] {
  return records.flatMap((record): DifferingRecord[] => {
    const text = stored.get(record.key);
    if (text === undefined) return [{ kind: 'created', ...record }];
    const previous = parseJson(text);
    const fields = differingFields(previous, record.value, lens);
    return fields.length === 0 ? [] : [{ kind: 'updated', ...record, previous, fields }];
  });
}
