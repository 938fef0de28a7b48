import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../lib/clock.ts';
import type { Commit } from '../contract.ts';
import type { Access } from './access.ts';
import type { Notes } from './notes.ts';
import type { Outbox } from './outbox.ts';
import type { Snapshots } from './snapshots.ts';
import { atOnce } from './steps.ts';

type Outcome = 'committed' | 'conflict';

/** With more rows than this a commit takes turns with the rest of the process: a tenth of a second, on a slow machine. */
const LARGE = 1000;

interface Parts {
  readonly access: Access;
  readonly snapshots: Snapshots;
  readonly outbox: Outbox;
  readonly notes: Notes;
  readonly clock: Clock;
}

/** Snapshot, progress, events, deliveries and note of a poll in one transaction, however large it is. */
export function createCommits(
  database: DatabaseSync,
  { access, snapshots, outbox, notes, clock }: Parts,
): (commit: Commit) => Promise<Outcome> {
  const advance = database.prepare(
    'UPDATE sources SET version = version + 1, sequence = sequence + ?, records = ?, progress = ? WHERE id = ?',
  );

  function* apply(commit: Commit): Generator<void, Outcome> {
    const { source, expected, difference, progress, events, note } = commit;
    const stored = snapshots.source(source);
    if (expected !== (stored?.version ?? 0)) return 'conflict';
    const row = stored ?? snapshots.add(source);
    for (const [index, event] of events.entries()) {
      const next = row.sequence + index + 1;
      if (event.source !== source || event.sequence !== next) {
        throw new Error(`event ${event.id}: ${event.source} ${event.sequence} is not ${source} ${next}`);
      }
    }
    const records = yield* snapshots.apply(row, difference);
    advance.run(events.length, records, JSON.stringify(progress), row.id);
    yield* outbox.add(row, commit, clock.now());
    notes.set(source, note);
    return 'committed';
  }

  return (commit) =>
    rowsOf(commit) > LARGE
      ? access.writeLong(() => apply(commit))
      : access.write(() => atOnce(apply(commit)));
}

function rowsOf({ difference: { upserts, removes }, events, deliveries }: Commit): number {
  return upserts.length + removes.length + events.length + deliveries.length;
}
