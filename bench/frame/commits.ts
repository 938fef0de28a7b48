import type { SourceConfig } from '../../src/config/document.ts';
import { digestOf } from '../../src/detect/canonical.ts';
import { createDetector } from '../../src/detect/detect.ts';
import { deliveryId, eventOf } from '../../src/detect/events.ts';
import { differingFields } from '../../src/detect/fields.ts';
import { createLens } from '../../src/detect/lens.ts';
import type { Change, StoredRecord } from '../../src/model.ts';
import type { Commit, Store } from '../../src/store/contract.ts';
import { changed, type Ticket, tickets } from './tickets.ts';

/** What the polls of a desk would commit, without the polls. Each commit follows the one before. */
export interface Commits {
  /** The first snapshot. */
  first(): Commit;
  /** So many tickets have changed: always other ones, until all had their turn. */
  next(count: number): Commit;
}

export function commitsOf(source: SourceConfig, identity: string, count: number): Commits {
  const { comparison } = createDetector(source);
  const lens = createLens(source);
  const desk: Ticket[] = tickets(count);
  let version = 0;
  let sequence = 0;
  let turn = 0;

  function stored(value: Ticket): StoredRecord {
    return { key: value.id, digest: digestOf(value as never, lens), text: JSON.stringify(value) };
  }

  function change(at: number, now: number): Change {
    const previous = desk[at] as Ticket;
    const current = changed(previous, version);
    desk[at] = current;
    const window = { after: now - 60_000, by: now };
    const fields = differingFields(previous as never, current as never, lens);
    const values = { current: current as never, previous: previous as never };
    return { change: 'updated', key: current.id, ...values, fields, truncated: false, window };
  }

  function commitOf(upserts: readonly StoredRecord[], changes: readonly Change[], now: number): Commit {
    const origin = { identity, source: source.name, sequence, decided: now };
    const made = { rule: 0, type: `${source.name}.updated` };
    const events = changes.map((change, at) => eventOf(change, made, sequence + at + 1, origin));
    const deliveries = events.flatMap(({ id }) =>
      source.send_to.map((webhook) => ({ id: deliveryId(id, webhook), event: id, webhook })),
    );
    const commit: Commit = {
      source: source.name,
      expected: version,
      difference: { replace: version === 0, upserts, removes: [] },
      progress: { comparison, validators: null, absent: {}, shown: now },
      events,
      deliveries,
      note: { polled: now, succeeded: now, failures: 0, notBefore: 0, error: null },
    };
    version += 1;
    sequence += events.length;
    return commit;
  }

  return {
    first: () => commitOf(desk.map(stored), [], Date.now()),
    next(many) {
      const now = Date.now();
      const places = Array.from({ length: many }, (_, step) => (turn + step) % count);
      turn = (turn + many) % count;
      const changes = places.map((at) => change(at, now));
      return commitOf(
        places.map((at) => stored(desk[at] as Ticket)),
        changes,
        now,
      );
    },
  };
}

/** Commits, and minds the answer. */
export async function apply(store: Store, commit: Commit): Promise<void> {
  const outcome = await store.commit(commit);
  if (outcome !== 'committed') throw new Error(`${commit.source}: ${outcome}`);
}
