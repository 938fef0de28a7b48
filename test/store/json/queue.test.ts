import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OwedDelivery } from '../../../src/store/json/ledger.ts';
import { createQueue } from '../../../src/store/json/queue.ts';

/** A delivery that counts how often a queue looks at it. */
function delivery(place: number, key: string, looked: () => void): OwedDelivery {
  const event = {
    source: 'desk',
    commit: place,
    created: place,
    sequence: place,
    key,
    id: `evt_${place}`,
    lineage: 'desk',
    change: 'updated' as const,
    type: 'desk.updated',
    file: '',
    folded: false,
    copy: null,
    gone: false,
  };
  let state: OwedDelivery['state'] = 'pending';
  return {
    id: `${place}`,
    event: { ...event, deliveries: [] },
    webhook: 'hook',
    place: 0,
    get state() {
      looked();
      return state;
    },
    set state(now) {
      state = now;
    },
    attempts: 0,
    steps: 0,
    nextAttempt: 0,
    lastStatus: null,
    batch: null,
    requeued: false,
    claimed: null,
    finished: null,
    lines: [],
    marks: 0,
    markLines: [],
    foldedAttempts: 0,
    foldedMarks: 0,
  };
}

test('what is settled is let go of, though the oldest stays pending', () => {
  const queue = createQueue(() => assert.fail());
  let looks = 0;
  const add = (place: number, key: string) => queue.add(delivery(place, key, () => (looks += 1)));
  const take = (order: 'key' | 'none') =>
    queue.take({ webhook: 'hook', order, now: 1, limit: 1 }, 1, assert.fail).deliveries[0];
  add(1, 'stuck');
  const stuck = take('key');
  assert.ok(stuck);
  queue.settled(Object.assign(stuck, { claimed: null, nextAttempt: 1000 }));
  const count = 20_000;
  for (let place = 2; place <= count; place += 1) {
    add(place, `k${place % 7}`);
    const taken = take('key');
    assert.ok(taken);
    queue.settled(Object.assign(taken, { claimed: null, state: 'delivered' }));
  }
  assert.ok(looks < 10 * count, `${looks} looks: each must cost the same, however many there were`);
  looks = 0;
  assert.equal(take('none'), undefined);
  assert.ok(looks < 2000, `${looks} are still held`);
  assert.deepEqual(queue.backlog(), { pending: 1, dead: 0, oldest: 1 });
});
