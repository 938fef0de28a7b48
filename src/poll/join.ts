import { type Failure, failure } from '../errors.ts';
import { countIn } from '../fetch/paginate/count.ts';
import type { Json, SourceRecord } from '../model.ts';

/** The records of all pages, each once. */
export interface Joined {
  readonly records: readonly SourceRecord[];
  /** Why the pages do not show one moment; null if they may. */
  readonly moved: Moved | null;
  /** Why the records cannot be believed, moved pages apart; null if they can. */
  readonly contradiction: Failure | null;
}

export interface Moved {
  readonly reason: string;
  /** Certain if the declared totals differ; overlapping pages alone may be how the server divides its list. */
  readonly certain: boolean;
}

/**
 * Joins pages into one list. A record on several pages counts once, as the last of them shows it.
 *
 * @param equal whether the compared parts of two values are equal
 * @param declared the total that each page declares; null if none is configured
 */
export function join(
  pages: readonly (readonly SourceRecord[])[],
  equal: (a: Json, b: Json) => boolean,
  declared: readonly (Json | undefined)[] | null,
): Joined {
  const records = new Map<string, SourceRecord>();
  let repeated: string | null = null;
  let different: string | null = null;
  for (const record of pages.flat()) {
    const before = records.get(record.key);
    if (before) repeated ??= record.key;
    if (before && !equal(before.value, record.value)) different ??= record.key;
    records.set(record.key, record);
  }
  const totals = declared?.map(countIn) ?? [];
  const twice = (key: string) => `${JSON.stringify(key.slice(0, 80))} is on several pages`;
  return {
    records: [...records.values()],
    moved: movedBetween(totals) ?? (repeated === null ? null : { reason: twice(repeated), certain: false }),
    contradiction:
      different !== null
        ? failure('DECODE_DUPLICATE', `${twice(different)}, and not the same on each: is the key unique?`)
        : declared && declaredProblem(declared.findLast(isCount), records.size),
  };
}

function movedBetween(totals: readonly (number | null)[]): Moved | null {
  const said = totals.filter((total) => total !== null);
  const last = said.at(-1);
  const other = said.find((total) => total !== last);
  if (other === undefined) return null;
  return { reason: `the declared number of records went from ${other} to ${last}`, certain: true };
}

/** Whether a page declares a total: some servers do so on the first page only. */
function isCount(declared: Json | undefined): boolean {
  return countIn(declared) !== null;
}

/** The failure if an answer declares another number of records than it has; else null. */
export function declaredProblem(declared: Json | undefined, records: number): Failure | null {
  const total = countIn(declared);
  if (total === records) return null;
  const says =
    total === null
      ? 'does not say how many records there are'
      : `declares ${total} records, and has ${records}`;
  return failure('EXPECT_COUNT', `the answer ${says}`);
}
