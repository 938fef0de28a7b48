import type { Store } from '../../src/store/contract.ts';
import type { Model } from '../store/conformance/model.ts';
import { allDeliveries, snapshot } from '../store/conformance/read.ts';

/** All that a state promises to keep, as plain data that can be compared. Notes are left out: theirs is another promise. */
export interface Contents {
  readonly sources: unknown;
  readonly webhooks: unknown;
  readonly memos: unknown;
  readonly events: unknown;
  readonly deliveries: unknown;
}

const ALL = { limit: 1_000_000 };

export async function contentsOf(store: Store): Promise<Contents> {
  const sources = [];
  for (const state of await store.sources()) {
    sources.push({ ...state, snapshot: [...(await snapshot(store, state.source))].sort(byFirst) });
  }
  const deliveries = [];
  for (const shown of await allDeliveries(store)) {
    const attempts = (await store.attempts(shown.id)) ?? [];
    const comparable = attempts.map((made) => (made.outcome === 'unknown' ? 'unknown' : made));
    deliveries.push({ ...shown, made: comparable });
  }
  const webhooks = [...(await store.webhooks())].sort(byName);
  const memos = [...(await store.memos())].sort(byFirst);
  return { sources: sources.sort(byName), webhooks, memos, events: await store.events(ALL), deliveries };
}

export function contentsOfModel(model: Model): Contents {
  const sources = [...model.sources].flatMap(([source, { version, sequence, progress, records }]) => {
    if (!progress) return [];
    const state = { ...progress, source, version, sequence, records: records.size };
    return [{ ...state, snapshot: [...records].sort(byFirst) }];
  });
  const deliveries = model.deliveries.map(({ shown, attempts }) => ({ ...shown, made: attempts }));
  const webhooks = [...model.webhooks.values()].sort(byName);
  const memos = [...model.memos].sort(byFirst);
  return { sources: sources.sort(byName), webhooks, memos, events: model.page(ALL), deliveries };
}

function byFirst([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function byName(a: { source?: string; name?: string }, b: { source?: string; name?: string }): number {
  return (a.source ?? a.name ?? '') < (b.source ?? b.name ?? '') ? -1 : 1;
}
