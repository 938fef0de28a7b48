import type { Intervention, Interventions } from '../contract.ts';
import type { Ledger, OwedDelivery } from './ledger.ts';
import type { Outbox } from './outbox.ts';
import { positionAfter } from './position.ts';

/** Whether a delivery may be changed: `go`, or why not. */
type Judge = (delivery: OwedDelivery) => 'go' | Exclude<Intervention, 'done' | 'unknown'>;

/**
 * Changes to deliveries by a person. Not while the history is being written, which must not fold deliveries that
 * become pending again.
 */
export function createInterventions(ledger: Ledger, outbox: Outbox): Interventions {
  async function each(
    ids: readonly string[],
    state: 'pending' | 'dropped',
    judge: Judge,
  ): Promise<Map<string, Intervention>> {
    const results = new Map<string, Intervention>();
    const marked: OwedDelivery[] = [];
    for (const id of new Set(ids)) {
      const delivery = ledger.delivery(id);
      const verdict = delivery ? judge(delivery) : 'unknown';
      results.set(id, verdict === 'go' ? 'done' : verdict);
      if (delivery && verdict === 'go') marked.push(delivery);
    }
    await outbox.mark(marked, { state });
    return results;
  }

  return {
    revive: (ids) =>
      each(ids, 'pending', ({ state, claimed }) => {
        if (claimed !== null) return 'claimed';
        return state === 'delivered' ? 'settled' : 'go';
      }),

    drop: (ids) =>
      each(ids, 'dropped', ({ state, claimed }) => {
        if (claimed !== null) return 'claimed';
        return state === 'pending' || state === 'dead' ? 'go' : 'settled';
      }),

    async requeue({ webhook, since, until, after, limit }) {
      const { deliveries } = ledger;
      const found: OwedDelivery[] = [];
      let more = false;
      const start = after === undefined ? 0 : positionAfter(ledger, after);
      for (let at = start; at < deliveries.length && !more; at += 1) {
        const one = deliveries[at] as OwedDelivery;
        const { created, gone } = one.event;
        if (gone || one.webhook !== webhook || one.state === 'pending') continue;
        if (created < since || created > until) continue;
        more = found.length >= limit;
        if (!more) found.push(one);
      }
      await outbox.mark(found, { state: 'pending', requeued: true });
      return { requeued: found.length, next: more ? (found.at(-1)?.id ?? null) : null };
    },
  };
}
