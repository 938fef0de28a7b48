import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compare, SETTING } from '../../../bench/simulation/compare.ts';
import type { BudgetConfig, Schedule } from '../../../src/config/document.ts';
import { intervalsOf, type Share } from '../../../src/lib/optimal-intervals.ts';
import type { PollNote } from '../../../src/model.ts';
import { pacesOf, restOf } from '../../../src/schedule/learned/learned.ts';
import { createRanks } from '../../../src/schedule/learned/ranks.ts';
import { beginning, learn, rateOf } from '../../../src/schedule/learned/rate.ts';
import { nextRun } from '../../../src/schedule/next.ts';
import { FakeClock } from '../../fake-clock.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SPAN = { min: 10_000, max: 12 * HOUR };
const BUDGET: BudgetConfig = {
  name: 'desk',
  limits: [{ count: 60, window: HOUR, burst: 6 }],
  concurrency: 4,
  reserve: 0,
  headers: 'auto',
};

function sourceOf(
  name: string,
  schedule: Schedule,
  { weight = 1, budget = BUDGET as BudgetConfig | null } = {},
) {
  return { name, schedule, weight, budget, backoff: { first: 5000, factor: 2, max: 15 * MINUTE } };
}

function noteOf(now: number, since: number, learned = beginning(1)): PollNote {
  const polled = now - since;
  return { polled, succeeded: polled, failures: 0, notBefore: 0, error: null, learned };
}

test('a rate comes near the true one, whatever the time between polls', () => {
  const hourly = 1 / HOUR;
  for (const elapsed of [MINUTE, HOUR, DAY]) {
    let learned = beginning(1);
    for (let at = 0; at < 60 * DAY; at += elapsed) {
      learned = learn(learned, { changes: elapsed * hourly, elapsed, cost: 1 });
    }
    const found = rateOf(learned, SPAN) / hourly;
    assert.ok(found > 0.95 && found < 1.05, `${found} with a poll every ${elapsed} ms`);
  }
});

test('what was long ago is forgotten: after weeks, a source that fell silent is taken for one', () => {
  let learned = beginning(1);
  for (let day = 0; day < 30; day += 1) learned = learn(learned, { changes: 1000, elapsed: DAY, cost: 1 });
  const [busy, changes] = [rateOf(learned, SPAN), learned.changes];
  for (let day = 0; day < 7; day += 1) learned = learn(learned, { changes: 0, elapsed: DAY, cost: 1 });
  assert.ok(Math.abs(learned.changes / changes - 0.5) < 1e-9, 'half after the half-life');
  for (let day = 0; day < 63; day += 1) learned = learn(learned, { changes: 0, elapsed: DAY, cost: 1 });
  assert.ok(rateOf(learned, SPAN) / busy < 0.002);
});

test('one long wait and many short ones teach the same', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 1000 }), (parts, changes) => {
      let many = beginning(1);
      for (let part = 0; part < parts; part += 1)
        many = learn(many, { changes: changes / parts, elapsed: DAY / parts, cost: 1 });
      const one = learn(beginning(1), { changes, elapsed: DAY, cost: 1 });
      assert.ok(Math.abs(many.changes - one.changes) < 1e-6 * changes);
      assert.ok(Math.abs(many.exposure - one.exposure) < 1);
    }),
  );
});

test('a clock that was set back teaches nothing wrong', () => {
  const learned = learn(beginning(1), { changes: 3, elapsed: -DAY, cost: 1 });
  assert.deepEqual(learned, { changes: 3, exposure: 0, cost: 1 });
});

test('with a rate, a source may wait for its budget after its least interval; without, it is polled as it changes', () => {
  const note = noteOf(DAY, 0, {
    changes: 99,
    exposure: 100 * MINUTE - Math.sqrt(SPAN.min * SPAN.max),
    cost: 1,
  });
  const dueWith = (budget: BudgetConfig | null, weight = 1) =>
    Math.round(nextRun(sourceOf('a', SPAN, { budget, weight }), note, 0, DAY) - DAY);
  assert.equal(dueWith(BUDGET), SPAN.min);
  assert.equal(dueWith(null), MINUTE);
  assert.equal(dueWith({ ...BUDGET, limits: [] }), MINUTE);
  assert.equal(dueWith(null, 2), MINUTE / 2);
  assert.equal(dueWith(null, 1_000_000), SPAN.min);
  assert.equal(dueWith(null, 1e-6), SPAN.max);
});

test('failures are backed off from, and a clock that was set back stops nothing', () => {
  const failed = { ...noteOf(DAY, 0), failures: 2 };
  assert.equal(nextRun(sourceOf('a', SPAN), failed, 0, DAY), DAY + 10_000);
  assert.equal(nextRun(sourceOf('a', SPAN), noteOf(DAY + 13 * HOUR, 0), 0, DAY), DAY);
});

test('ranks: the greatest weight·rate·τ²/cost first', () => {
  const clock = new FakeClock(DAY);
  const ranks = createRanks(clock);
  const rate = { changes: 50, exposure: DAY, cost: 1 };
  const add = (name: string, since: number, learned = rate, weight = 1) =>
    ranks.update(sourceOf(name, SPAN, { weight }), noteOf(DAY, since, learned));
  add('plain', HOUR);
  add('longer', 2 * HOUR);
  add('busier', HOUR, { ...rate, changes: 149 });
  add('heavier', HOUR, rate, 3.5);
  add('dearer', 2 * HOUR, { ...rate, cost: 5 });
  const order = ['plain', 'longer', 'busier', 'heavier', 'dearer'].sort(
    (a, b) => ranks.rank(b, 0) - ranks.rank(a, 0),
  );
  assert.deepEqual(order, ['longer', 'heavier', 'busier', 'plain', 'dearer']);
  assert.ok(Math.abs(ranks.rank('longer', 0) / ranks.rank('plain', 0) - 4) < 1e-9);
});

test('ranks: whoever has a time to keep comes before all that, the longest overdue first', () => {
  const clock = new FakeClock(DAY);
  const ranks = createRanks(clock);
  const busiest = { changes: 1e9, exposure: 1, cost: 1 };
  ranks.update(sourceOf('busiest', SPAN, { weight: 1e6 }), noteOf(DAY, 11 * HOUR, busiest));
  ranks.update(sourceOf('late', SPAN), noteOf(DAY, 13 * HOUR));
  ranks.update(sourceOf('later', SPAN), noteOf(DAY, 20 * HOUR));
  ranks.update(sourceOf('fixed', { every: MINUTE }), noteOf(DAY, MINUTE));
  ranks.update(sourceOf('fresh', SPAN), null);
  const names = ['busiest', 'late', 'later', 'fixed', 'fresh'];
  const order = names.sort((a, b) => ranks.rank(b, 5) - ranks.rank(a, 5));
  assert.deepEqual(order, ['later', 'late', 'fixed', 'fresh', 'busiest']);
  clock.setWall(0);
  assert.ok(ranks.rank('late', 13 * HOUR) > ranks.rank('busiest', 0), 'a clock set back starves nobody');
  ranks.remove('late');
  assert.equal(ranks.rank('late', 1), ranks.rank('fresh', 1));
});

const share = fc.record({
  min: fc.double({ min: 100, max: 1e5, noNaN: true }),
  max: fc.double({ min: 1e5, max: 1e9, noNaN: true }),
  weight: fc.double({ min: 0.01, max: 100, noNaN: true }),
  rate: fc.double({ min: 1e-9, max: 1e-2, noNaN: true }),
  cost: fc.integer({ min: 1, max: 50 }),
});

test('intervals keep to their bounds and to the budget where they can, and waste nothing of it', () => {
  fc.assert(
    fc.property(
      fc.array(share, { minLength: 1, maxLength: 30 }),
      fc.double({ min: 1e-7, max: 1, noNaN: true }),
      (shares, requests) => {
        const intervals = intervalsOf(shares, requests);
        const needs = (at: (one: Share, index: number) => number) =>
          shares.reduce((sum, one, index) => sum + one.cost / at(one, index), 0);
        const used = needs((_, index) => intervals[index] ?? 0);
        for (const [index, { min, max }] of shares.entries()) {
          const interval = intervals[index] ?? 0;
          assert.ok(interval >= min && interval <= max);
        }
        if (needs(({ min }) => min) <= requests) {
          assert.ok(Math.abs(used / needs(({ min }) => min) - 1) < 1e-9);
        } else if (needs(({ max }) => max) > requests) {
          assert.ok(Math.abs(used / needs(({ max }) => max) - 1) < 1e-6);
        } else assert.ok(used <= requests * (1 + 1e-9) && used > requests * 0.999, `${used} of ${requests}`);
      },
    ),
  );
});

test('no other intervals that the budget allows make changes wait less', () => {
  fc.assert(
    fc.property(
      fc.array(share, { minLength: 2, maxLength: 8 }),
      fc.array(fc.double({ min: 0.5, max: 2, noNaN: true }), { minLength: 8, maxLength: 8 }),
      (shares, turns) => {
        const least = shares.reduce((sum, { cost, max }) => sum + cost / max, 0);
        const requests = least * 3;
        const best = intervalsOf(shares, requests);
        const other = best.map((interval, index) => {
          const { min, max } = shares[index] as Share;
          return Math.min(max, Math.max(min, interval * (turns[index] ?? 1)));
        });
        const sum = (of: (one: Share, index: number) => number) =>
          shares.reduce((all, one, index) => all + of(one, index), 0);
        const used = (intervals: readonly number[]) =>
          sum(({ cost }, index) => cost / (intervals[index] ?? 1));
        const waits = (intervals: readonly number[]) =>
          sum(({ weight, rate }, index) => weight * rate * (intervals[index] ?? 0));
        fc.pre(used(other) <= used(best));
        assert.ok(waits(other) >= waits(best) * (1 - 1e-6));
      },
    ),
  );
});

test('paces: what each source comes to, without those whose interval is fixed', () => {
  const sources = [sourceOf('busy', SPAN), sourceOf('calm', SPAN), sourceOf('fixed', { every: MINUTE })];
  const learned = new Map([
    ['busy', { changes: 400, exposure: 4 * DAY, cost: 1 }],
    ['calm', { changes: 4, exposure: 4 * DAY, cost: 1 }],
  ]);
  const paces = pacesOf(sources, (name) => learned.get(name), 60 / HOUR);
  assert.deepEqual([...paces.keys()], ['busy', 'calm']);
  const [busy, calm] = [paces.get('busy'), paces.get('calm')];
  assert.ok(busy && calm);
  assert.ok(Math.abs(1 / busy.interval + 1 / calm.interval - 60 / HOUR) < 1e-9);
  assert.ok(Math.abs(calm.interval / busy.interval - Math.sqrt(busy.rate / calm.rate)) < 1e-6);
  assert.equal(busy.wait, busy.interval / 2);
  assert.equal(restOf({ schedule: SPAN, weight: 1, budget: BUDGET }, undefined), SPAN.min);
});

for (const kind of ['poisson', 'bursty'] as const) {
  test(`at a tight budget changes wait about half as long as with equal intervals, and nobody waits past its max: ${kind}`, async () => {
    const { equal, proportional, learned } = await compare(kind, 2, 6);
    assert.ok(learned.polls <= equal.polls, `${learned.polls} polls instead of ${equal.polls}`);
    assert.ok(learned.mean <= 0.55 * equal.mean, `${learned.mean / equal.mean}`);
    assert.ok(learned.mean < 0.9 * proportional.mean, `${learned.mean / proportional.mean}`);
    assert.ok(learned.longest <= SETTING.max, `${learned.longest}`);
  });
}
