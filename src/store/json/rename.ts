import type { PollNote } from '../../model.ts';
import type { SourceHead } from './snapshot.ts';

/** The head for the new name, with everything of the old one. */
export function carriedTo(to: SourceHead, from: SourceHead, note: PollNote | null): SourceHead {
  const { source, revision } = to;
  return {
    source,
    revision: revision + 1,
    version: Math.max(from.version, to.version + 1),
    sequence: Math.max(from.sequence, to.sequence),
    snapshot: from.snapshot,
    note,
    ...lineage(source, from),
    carried: { revision: from.revision, left: leftBy(from, to) },
  };
}

/**
 * The head that remains under the old name, as after a reset. The names swap their lineages, so that no two are the
 * same; the version changes, so that a poll under way under the old name gets a conflict.
 */
function leftBy(from: SourceHead, to: SourceHead): SourceHead {
  const { source, revision, version, sequence } = from;
  return {
    source,
    revision: revision + 1,
    version: version + 1,
    sequence,
    snapshot: null,
    note: null,
    ...lineage(source, to),
  };
}

function lineage(source: string, other: SourceHead): { readonly lineage?: string } {
  const name = other.lineage ?? other.source;
  return name === source ? {} : { lineage: name };
}

/** The heads of old names that an interrupted rename has not reset yet. */
export function leftBehind(heads: ReadonlyMap<string, SourceHead>): SourceHead[] {
  return [...heads.values()].flatMap(({ carried }) =>
    carried && heads.get(carried.left.source)?.revision === carried.revision ? carried.left : [],
  );
}
