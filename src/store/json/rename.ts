import type { PollNote } from '../../model.ts';
import type { SourceHead } from './snapshot.ts';

/** The new name's head, with all that the old one stood for. */
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
 * What is left under the old name: as after a reset. The names swap their lineages, so that no two have the same; with
 * another version a poll of the old name that is under way finds a conflict.
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

/** What is left of names whose documents still have what was carried on, because the process ended in between. */
export function leftBehind(heads: ReadonlyMap<string, SourceHead>): SourceHead[] {
  return [...heads.values()].flatMap(({ carried }) =>
    carried && heads.get(carried.left.source)?.revision === carried.revision ? carried.left : [],
  );
}
