import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Delivery, DeliveryState } from '../../src/model.ts';
import type { DeliveryQuery } from '../../src/store/archive.ts';
import { serve } from './fixtures.ts';

const STATES: readonly DeliveryState[] = ['dead', 'pending', 'delivered', 'dropped'];

/** Deliveries in the order of commits, each given up at most once; what was given up may vanish at any time. */
function outbox(sample: Delivery, states: readonly DeliveryState[]) {
  let kept = states.map((state, at) => ({ ...sample, id: `dlv_${at}`, state }));
  const dropped: string[] = [];
  return {
    dropped,
    vanish: () => {
      kept = kept.filter(({ state }) => state !== 'dropped');
    },
    delivery: async (id: string) => kept.find((one) => one.id === id) ?? null,
    async deliveries({ state, after, limit }: DeliveryQuery) {
      const from = after === undefined ? 0 : kept.findIndex(({ id }) => id === after) + 1;
      if (after !== undefined && from === 0) return { items: [], next: null };
      const found = kept.slice(from).filter((one) => state === undefined || one.state === state);
      const items = found.slice(0, limit);
      return { items, next: found.length > limit ? (items.at(-1)?.id ?? null) : null };
    },
    async drop(ids: readonly string[]) {
      for (const id of ids) {
        const one = kept.find((other) => other.id === id);
        assert.ok(one && one.state !== 'dropped' && one.state !== 'delivered', id);
        one.state = 'dropped';
        dropped.push(id);
      }
      return new Map(ids.map((id) => [id, null]));
    },
  };
}

test('step by step, all of a filter are settled once and nothing else is, whatever vanishes meanwhile', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...STATES), { maxLength: 30 }),
      fc.constantFrom('dead' as const, 'pending' as const),
      fc.integer({ min: 1, max: 10 }),
      fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
      async (states, state, limit, vanishing) => {
        const { ask, daemon } = serve();
        const [sample] = (await daemon.archive.deliveries({ limit: 1 })).items;
        assert.ok(sample);
        const { dropped, vanish, delivery, deliveries, drop } = outbox(sample, states);
        Object.assign(daemon.archive, { delivery, deliveries });
        Object.assign(daemon.control.deliveries, { drop });
        let [after, done, steps] = [null as string | null, 0, 0];
        do {
          const body = JSON.stringify({ state, limit, ...(after !== null && { after }) });
          const response = await ask('/api/v1/deliveries/drop', { method: 'POST', body });
          const came = (await response.json()) as { done: number; next: string | null };
          assert.ok(came.done <= limit);
          done += came.done;
          after = came.next;
          if (vanishing[steps]) vanish();
          steps += 1;
        } while (after !== null);
        const wanted = states.flatMap((one, at) => (one === state ? [`dlv_${at}`] : []));
        assert.deepEqual(dropped, wanted);
        assert.equal(done, wanted.length);
        assert.ok(steps <= wanted.length / limit + 1);
      },
    ),
    { numRuns: 200 },
  );
});
