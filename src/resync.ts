import { deliveryId, snapshotEvents } from './detect/events.ts';
import type { Clock } from './lib/clock.ts';
import type { PollNote } from './model.ts';
import type { Store } from './store/contract.ts';

/** Records of one commit: a large snapshot is not held in memory as events at once. */
const CHUNK = 500;

export interface ResyncDeps {
  readonly store: Pick<Store, 'identity' | 'source' | 'digests' | 'values' | 'commit'>;
  readonly clock: Clock;
}

/** `events`: so many are owed now. `empty`: there is no snapshot. `conflict`: another process committed meanwhile. */
export type Resynced =
  | { readonly kind: 'resynced'; readonly events: number }
  | { readonly kind: 'empty' }
  | { readonly kind: 'conflict'; readonly events: number };

/**
 * Commits the snapshot of a source once more, as `<source>.snapshot` events that are owed to one webhook. Belongs into
 * the source's own loop, between two polls. A crash leaves the commits so far: whoever repeats it sends those again.
 *
 * @param note what the last poll left behind
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
