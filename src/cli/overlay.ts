import type { SourceState, StoredRecord } from '../model.ts';
import type { PollerDeps } from '../poll.ts';
import type { StateReader } from '../store/contract.ts';

/**
 * A store that keeps commits in memory, on top of a state that is only read (null: an empty one), so that a poll
 * shows what would happen.
 */
export function overlay(
  below: Pick<StateReader, 'identity' | 'source' | 'digests' | 'values'> | null,
): PollerDeps['store'] {
  const records = new Map<string, StoredRecord | null>();
  let state: SourceState | null = null;
  // Whether the stored records still count.
  let replaced = below === null;

  return {
    identity: below?.identity ?? 'none',
    source: async (name) => state ?? below?.source(name) ?? null,
    async *digests(name) {
      for await (const batch of below && !replaced ? below.digests(name) : []) {
        yield batch.filter(([key]) => !records.has(key));
      }
      yield [...records.values()]
        .filter((record) => record !== null)
        .map(({ key, digest }) => [key, digest] as const);
    },
    async values(name, keys) {
      const wanted = [...keys];
      const found = new Map(
        below && !replaced
          ? await below.values(
              name,
              wanted.filter((key) => !records.has(key)),
            )
          : [],
      );
      for (const key of wanted) {
        const record = records.get(key);
        if (record) found.set(key, record.text);
      }
      return found;
    },
    note() {},
    async commit({ source, difference, progress, events }) {
      const before = await this.source(source);
      const { replace, upserts, removes } = difference;
      if (replace) records.clear();
      replaced ||= replace;
      const known = await this.values(
        source,
        upserts.map(({ key }) => key),
      );
      for (const key of removes) records.set(key, null);
      for (const record of upserts) records.set(record.key, record);
      state = {
        ...progress,
        source,
        version: (before?.version ?? 0) + 1,
        sequence: (before?.sequence ?? 0) + events.length,
        records: replace
          ? upserts.length
          : (before?.records ?? 0) - removes.length + upserts.length - known.size,
      };
      return 'committed';
    },
  };
}
