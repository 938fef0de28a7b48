import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BudgetConfig, Schedule, SourceConfig } from '../../src/config/document.ts';
import { pacesIn } from '../../src/control/paces.ts';
import type { PollNote } from '../../src/model.ts';

const HOUR = 3_600_000;
const SPAN = { min: 10_000, max: 2 * HOUR };
const BUDGET: BudgetConfig = {
  name: 'desk',
  limits: [
    { count: 10, window: 60_000, burst: 1 },
    { count: 60, window: HOUR, burst: 6 },
  ],
  concurrency: 4,
  reserve: 0,
  headers: 'auto',
};

function sourcesOf(all: {
  [name: string]: { schedule: Schedule; budget?: BudgetConfig | null; weight?: number };
}) {
  return new Map(
    Object.entries(all).map(([name, { schedule, budget = BUDGET, weight = 1 }]) => [
      name,
      { name, schedule, budget, weight, enabled: true } as SourceConfig,
    ]),
  );
}

function noteWith(changes: number): PollNote {
  const learned = { changes, exposure: 100 * HOUR, cost: 1 };
  return { polled: 0, succeeded: 0, failures: 0, notBefore: 0, error: null, learned };
}

test('what learned intervals come to beside fixed ones, and why', () => {
  const sources = sourcesOf({
    busy: { schedule: SPAN },
    calm: { schedule: SPAN, weight: 2 },
    fixed: { schedule: { every: HOUR / 20 } },
  });
  const notes = new Map([
    ['busy', noteWith(1600)],
    ['calm', noteWith(50)],
  ]);
  const paces = pacesIn(sources, (name) => notes.get(name) ?? null);
  assert.deepEqual([...paces.keys()], ['busy', 'calm']);
  const [busy, calm] = [paces.get('busy'), paces.get('calm')];
  assert.ok(busy && calm);
  assert.ok(
    Math.abs(HOUR / busy.interval_ms + HOUR / calm.interval_ms - 40) < 0.1,
    'what the fixed one leaves',
  );
  assert.ok(busy.interval_ms < calm.interval_ms);
  assert.ok(Math.abs(busy.expected_wait_ms - busy.interval_ms / 2) <= 1);
  assert.ok(Math.abs(busy.changes_per_hour - 16) < 0.1);
  assert.match(
    busy.why,
    /^a change every 3m45s on average.* budget desk \(10 requests in 1m for 3 sources\)$/,
  );
  assert.match(calm.why, /with a weight of 2$/);
});

test('without a rate, a source is polled as often as it changes', () => {
  const sources = sourcesOf({ alone: { schedule: SPAN, budget: null } });
  const pace = pacesIn(sources, () => noteWith(600)).get('alone');
  assert.equal(Math.round((pace?.interval_ms ?? 0) / 1000), 599);
  assert.match(pace?.why ?? '', /polled as often as it changes$/);
  assert.match(pacesIn(sources, () => null).get('alone')?.why ?? '', /^nothing is known yet/);
});
