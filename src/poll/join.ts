import { type Failure, failure } from '../errors.ts';
import { countIn } from '../fetch/paginate/count.ts';
import type { Json, SourceRecord } from '../model.ts';

/** The records of all pages, each once. */
export interface Joined {
  readonly records: readonly SourceRecord[];
  /** Why the pages are not of one moment; null if they may be. */
  readonly moved: Moved | null;
  /** Why they cannot be believed, unless that is because they are not of one moment; null if they can. */
  readonly contradiction: Failure | null;
}

export interface Moved {
  readonly reason: string;
  /** Whether it is sure, however often it is read: pages of one list may overlap, but it has one number of records. */
  readonly certain: boolean;
}

/**
 * Puts pages together. A record on several pages counts once, as the last of them shows it.
 *
 * @param equal whether two values are the same as far as is compared
 * @param declared the number of records that each page says there are; null if that is not asked
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

/** Some servers say it on the first page only. */
function isCount(declared: Json | undefined): boolean {
  return countIn(declared) !== null;
}

/** Compares what an answer declares with what there is. */
export function declaredProblem(declared: Json | undefined, records: number): Failure | null {
  const total = countIn(declared);
  if (total === records) return null;
  const says =
    total === null
      ? 'does not say how many records there are'
      : `declares ${total} records, and has ${records}`;
  return failure('EXPECT_COUNT', `the answer ${says}`);
}
