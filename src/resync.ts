import { deliveryId, snapshotEvents } from './detect/events.ts';
import type { Clock } from './lib/clock.ts';
import type { PollNote } from './model.ts';
import type { Store } from './store/contract.ts';

/** Records per commit, so that the events of a large snapshot are not all in memory at once. */
const CHUNK = 500;

export interface ResyncDeps {
  readonly store: Pick<Store, 'identity' | 'source' | 'digests' | 'values' | 'commit'>;
  readonly clock: Clock;
}

/**
 * `events`: how many were committed. `empty`: there is no snapshot. `conflict`: another process committed meanwhile.
 */
export type Resynced =
  | { readonly kind: 'resynced'; readonly events: number }
  | { readonly kind: 'empty' }
  | { readonly kind: 'conflict'; readonly events: number };

/**
 * Commits the snapshot of a source once more, as `<source>.snapshot` events for one webhook. To be called between two
 * polls of the source. After a crash the commits made so far remain; repeating the call sends those records again.
 *
 * @param note of the last poll
 */
export async function resync(
  source: string,
  webhook: string,
  note: PollNote | null,
  { store, clock }: ResyncDeps,
): Promise<Resynced> {
  const first = await store.source(source);
  if (!first || first.records === 0) return { kind: 'empty' };
  const keys: string[] = [];
  for await (const batch of store.digests(source)) for (const [key] of batch) keys.push(key);
  const decided = clock.now();
  let events = 0;
  for (let at = 0; at < keys.length; at += CHUNK) {
    const state = await store.source(source);
    if (!state || state.version !== first.version + at / CHUNK) return { kind: 'conflict', events };
    const { source: _, version, sequence, records: __, ...progress } = state;
    const texts = await store.values(source, keys.slice(at, at + CHUNK));
    const origin = { identity: store.identity, source, sequence, decided };
    const made = snapshotEvents(texts, origin, progress.shown);
    const outcome = await store.commit({
      source,
      expected: version,
      difference: { replace: false, upserts: [], removes: [] },
      progress,
      events: made,
      deliveries: made.map(({ id }) => ({ id: deliveryId(id, webhook), event: id, webhook })),
      note: note ?? { polled: decided, succeeded: null, failures: 0, notBefore: 0, error: null },
    });
    if (outcome === 'conflict') return { kind: 'conflict', events };
    events += made.length;
  }
  return { kind: 'resynced', events };
}
