import { type Failure, failure } from '../errors.ts';
import { valueAt } from '../lib/path.ts';
import type { Json, SourceRecord } from '../model.ts';
import { insteadOf, kindOf } from './describe.ts';
import { keyOf } from './key.ts';
import { quoted } from './parsed.ts';

/**
 * The members of a list as records, or why they cannot be: each needs a key, all different.
 *
 * @param names the fields of the key as written
 * @param paths the same, parsed
 */
export function keyed(
  list: readonly Json[],
  names: readonly string[],
  paths: readonly (readonly string[])[],
): readonly SourceRecord[] | Failure {
  const keys = new Map<string, number>();
  const records: SourceRecord[] = [];
  for (const [at, value] of list.entries()) {
    const key = keyOf(value, paths);
    if (key === null) {
      const lacking = Math.max(
        0,
        paths.findIndex((path) => keyOf(value, [path]) === null),
      );
      const path = paths[lacking] ?? [];
      const why = `${kindOf(valueAt(value, path))}${insteadOf(value, path, 'the record')}`;
      const record = `record ${at + 1} of ${list.length}`;
      return failure('DECODE_KEY', `${record} has no usable ${names[lacking]}: it is ${why}`);
    }
    const first = keys.get(key);
    if (first !== undefined) {
      const both = `records ${first + 1} and ${at + 1} of ${list.length}`;
      return failure('DECODE_DUPLICATE', `${both} have the same ${names.join(' + ')}: ${quoted(key)}`);
    }
    keys.set(key, at);
    records.push({ key, value });
  }
  return records;
}
