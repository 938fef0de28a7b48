import type { Change, Json, SourceRecord, StoredRecord, Window } from '../model.ts';
import { digestOf } from './canonical.ts';
import type { DifferingRecord } from './difference.ts';
import { MOST_FIELDS } from './fields.ts';
import type { Lens } from './lens.ts';

/** The change to report for a record that differs from the snapshot. */
export function changeOf(record: DifferingRecord, window: Window): Change {
  if (record.kind === 'created') return created(record, window);
  const { key, value: current, previous, fields } = record;
  const truncated = fields.length > MOST_FIELDS;
  return {
    change: 'updated',
    key,
    current,
    previous,
    fields: fields.slice(0, MOST_FIELDS),
    truncated,
    window,
  };
}

export function created({ key, value: current }: SourceRecord, window: Window): Change {
  return { change: 'created', key, current, previous: null, fields: [], truncated: false, window };
}

export function removed(key: string, previous: Json, window: Window): Change {
  return { change: 'deleted', key, current: null, previous, fields: [], truncated: false, window };
}

/** A record as it is stored in the snapshot. */
export function stored({ key, value }: SourceRecord, lens: Lens): StoredRecord {
  return { key, digest: digestOf(value, lens), text: JSON.stringify(value) };
}
