import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BudgetConfig } from '../../src/config/document.ts';
import type { Answered } from '../../src/model.ts';
import { createGate, type Gate, type GateOptions } from '../../src/schedule/gate.ts';
import { lineOf } from '../../src/schedule/gate-report.ts';
import type { Permit } from '../../src/schedule/pass.ts';
import { FakeClock } from '../fake-clock.ts';

const DESK = 'https://desk.example.com';
const OTHER = 'https://other.example.com';

const ANSWER: Answered = { kind: 'answer', limited: false, retryAfter: null, allowances: [] };
const REFUSED: Answered = { ...ANSWER, limited: true };
const SILENCE: Answered = { kind: 'silence' };

function budget(settings: Partial<BudgetConfig> = {}): BudgetConfig {
  return { name: 'desk', limits: [], concurrency: 4, reserve: 0, headers: 'auto', ...settings };
}

/** A gate on a clock that stands still, and what came of requests in it. */
function scene(options: Partial<GateOptions> = {}) {
  const clock = new FakeClock();
  const news: string[] = [];
  const gate = createGate({
    clock,
    random: () => 0,
    observe: (one) => news.push(lineOf(one).message),
    ...options,
  });
  /** In the order in which they were let in. */
  const entered: string[] = [];
  const permits = new Map<string, Permit>();
  const stop = new AbortController();
  const enter = (name: string, rules: BudgetConfig | null = null, origin = DESK, signal = stop.signal) => {
    const entering = gate.enter({ name, budget: rules }, origin, signal);
    const done = Promise.resolve(entering).then((permit) => {
      entered.push(name);
      permits.set(name, permit);
    });
    done.catch(() => undefined);
    return done;
  };
  const leave = (name: string, answered = ANSWER) => {
    permits.get(name)?.leave(answered);
    permits.delete(name);
  };
  return { clock, gate, news, entered, permits, stop, enter, leave };
}

test('gate: four at a time to one origin, in the order in which they came', async () => {
  const { clock, entered, enter, leave } = scene();
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) void enter(name);
  await clock.advance(0);
  assert.deepEqual(entered, ['a', 'b', 'c', 'd']);
  leave('b');
  await clock.advance(0);
  assert.deepEqual(entered.slice(4), ['e']);
});

test('gate: origins without a budget do not know each other, those with one do', async () => {
  const { clock, entered, enter } = scene();
  const rules = budget({ concurrency: 1 });
  void enter('a');
  void enter('b', null, OTHER);
  void enter('c', rules);
  void enter('d', rules, OTHER);
  await clock.advance(0);
  assert.deepEqual(entered, ['a', 'b', 'c']);
});

test('gate: a poll that has begun goes on before others begin', async () => {
  const { clock, gate, entered, enter, leave, stop } = scene();
  const rules = budget({ concurrency: 1 });
  const visit = await gate.begin({ name: 'paged', budget: rules, url: `${DESK}/a` }, stop.signal);
  await enter('paged', rules);
  void enter('other', rules);
  leave('paged');
  await clock.advance(0);
  assert.deepEqual(entered, ['paged', 'other']);
  void enter('third', rules);
  void enter('paged', rules);
  leave('other');
  await clock.advance(0);
  assert.deepEqual(entered.slice(2), ['paged']);
  visit[Symbol.dispose]();
});

test('gate: a poll begins with its first request, which is then sent at once', async () => {
  const { clock, gate, entered, enter, stop } = scene();
  const rules = budget({ limits: [{ count: 1, window: 60_000, burst: 1 }] });
  using _first = await gate.begin({ name: 'a', budget: rules, url: DESK }, stop.signal);
  let begun = false;
  void gate.begin({ name: 'b', budget: rules, url: DESK }, stop.signal).then(() => {
    begun = true;
  });
  await enter('a', rules);
  assert.deepEqual(entered, ['a']);
  await clock.advance(59_000);
  assert.equal(begun, false);
});

test('gate: who waits with a turn of its own for a login of another poll does not hold that up', async () => {
  const { clock, gate, entered, enter, leave, stop } = scene();
  const rules = budget({ concurrency: 2 });
  using _a = await gate.begin({ name: 'a', budget: rules, url: DESK }, stop.signal);
  using _b = await gate.begin({ name: 'b', budget: rules, url: DESK }, stop.signal);
  await enter('a', rules, OTHER);
  void gate.begin({ name: 'c', budget: rules, url: DESK }, stop.signal);
  leave('a');
  await clock.advance(0);
  // Now b and c have all turns and wait for the login, of which this is the second step.
  await enter('a', rules, OTHER);
  assert.deepEqual(entered, ['a', 'a']);
  // Each takes a turn that another does not use yet; the last of them waits.
  await enter('b', rules);
  void enter('c', rules);
  await clock.advance(0);
  assert.deepEqual(entered, ['a', 'a', 'b']);
  leave('a');
  await clock.advance(0);
  assert.deepEqual(entered, ['a', 'a', 'b', 'c']);
});

test('gate: a turn that is used for another host than it was kept for says nothing about the first', async () => {
  const { gate, news, entered, enter, leave, stop } = scene();
  const rules = budget();
  for (const name of ['a', 'b', 'c', 'd']) {
    using _visit = await gate.begin({ name, budget: rules, url: DESK }, stop.signal);
    await enter(name, rules, OTHER);
    leave(name, SILENCE);
    entered.length = 0;
    if (news.length > 0) break;
  }
  assert.match(news[0] ?? '', /^other\.example\.com answers none/);
  await enter('e', rules, DESK);
});

test('gate: says once why everybody waits when the server says that little is left', async () => {
  const { clock, news, enter, leave } = scene();
  await enter('a');
  const allowance = { name: '', limit: 100, remaining: 0, reset: 60_000, window: null };
  leave('a', { ...ANSWER, allowances: [allowance] } as Answered);
  void enter('b');
  void enter('c');
  await clock.advance(30_000);
  assert.deepEqual(news, [
    'desk.example.com says that it has 0 requests left: the next one in 1m; 1 request waiting',
  ]);
});

test('gate: says once why everybody waits when the budget is spent', async () => {
  const { clock, news, enter, leave } = scene();
  const rules = budget({ limits: [{ count: 1, window: 3_600_000, burst: 1 }] });
  await enter('a', rules);
  leave('a');
  void enter('b', rules);
  void enter('c', rules);
  await clock.advance(600_000);
  assert.deepEqual(news, ['the budget desk has 0 requests left: the next one in 1h; 1 request waiting']);
});

test('gate: a poll that sends nothing gives its turn back', async () => {
  const { clock, gate, entered, enter, stop } = scene();
  const rules = budget({ concurrency: 1 });
  const visit = await gate.begin({ name: 'a', budget: rules, url: DESK }, stop.signal);
  void enter('b', rules);
  await clock.advance(0);
  assert.deepEqual(entered, []);
  visit[Symbol.dispose]();
  await clock.advance(0);
  assert.deepEqual(entered, ['b']);
});

test('gate: whoever gives up leaves nothing behind, and does not hold up the others', async () => {
  const { clock, entered, enter, leave } = scene();
  const rules = budget({ concurrency: 1, limits: [{ count: 10, window: 1000, burst: 1 }] });
  await enter('a', rules);
  const giveUp = new AbortController();
  const waiting = enter('b', rules, DESK, giveUp.signal);
  void enter('c', rules);
  const reason = new Error('stopping');
  giveUp.abort(reason);
  await assert.rejects(waiting, (error) => error === reason);
  await assert.rejects(enter('d', rules, DESK, giveUp.signal), (error) => error === reason);
  leave('a');
  await clock.advance(1000);
  assert.deepEqual(entered, ['a', 'c']);
  leave('c');
  await clock.advance(0);
  assert.equal(clock.sleeping, 0);
});

test('gate: what is closed turns away whoever waits', async () => {
  const { gate, enter, clock } = scene();
  const rules = budget({ limits: [{ count: 1, window: 60_000, burst: 1 }] });
  await enter('a', rules);
  const waiting = enter('b', rules);
  await gate[Symbol.asyncDispose]();
  await assert.rejects(waiting, /the gate is closed/);
  await clock.advance(0);
  assert.equal(clock.sleeping, 0);
});

test('gate: who comes first can be ranked', async () => {
  const heights = new Map([
    ['low', 1],
    ['high', 3],
    ['middle', 2],
  ]);
  const { clock, entered, enter, leave } = scene({ rank: (source) => heights.get(source) ?? 0 });
  const rules = budget({ concurrency: 1 });
  for (const name of ['first', 'low', 'high', 'middle']) void enter(name, rules);
  await clock.advance(0);
  for (const name of ['first', 'high', 'middle']) {
    leave(name);
    await clock.advance(0);
  }
  assert.deepEqual(entered, ['first', 'high', 'middle', 'low']);
});

test('gate: a refusal makes all sources wait, and one finds out', async () => {
  const { clock, news, entered, enter, leave } = scene();
  await enter('a');
  for (const name of ['b', 'c', 'd', 'e']) void enter(name);
  await clock.advance(0);
  assert.deepEqual(entered, ['a', 'b', 'c', 'd']);
  leave('a', { ...REFUSED, retryAfter: 30_000 } as Answered);
  for (const name of ['b', 'c', 'd']) leave(name);
  for (const name of ['f', 'g']) void enter(name);
  await clock.advance(29_999);
  assert.equal(entered.length, 4);
  await clock.advance(1);
  assert.deepEqual(entered.slice(4), ['e']);
  leave('e');
  await clock.advance(100);
  assert.deepEqual(entered.slice(5), ['f']);
  await clock.advance(1100);
  assert.deepEqual(entered.slice(6), ['g']);
  assert.deepEqual(news, [
    'desk.example.com asks for fewer requests: none for 30s, and then one in 100ms; 1 request waiting',
    'desk.example.com answers again',
  ]);
});

test('gate: a host that fails for two sources is left alone, and one at a time finds out', async () => {
  const { clock, news, entered, enter, leave } = scene();
  for (const name of ['a', 'b', 'c']) await enter(name);
  for (const name of ['a', 'b', 'c']) leave(name, SILENCE);
  entered.length = 0;
  for (const name of ['d', 'e', 'f']) void enter(name);
  await clock.advance(4999);
  assert.deepEqual(entered, []);
  await clock.advance(1);
  assert.deepEqual(entered, ['d']);
  leave('d', SILENCE);
  await clock.advance(9999);
  assert.deepEqual(entered, ['d']);
  await clock.advance(1);
  leave('e');
  await clock.advance(0);
  assert.deepEqual(entered, ['d', 'e', 'f']);
  assert.equal(news.length, 2);
  assert.match(news[0] ?? '', /^desk\.example\.com answers none of its sources: they wait/);
  assert.equal(news[1], 'desk.example.com is back');
});

test('gate: what fails for one source alone is no concern of the others', async () => {
  const { clock, entered, enter, leave } = scene();
  for (let count = 0; count < 10; count += 1) {
    await enter('broken');
    leave('broken', SILENCE);
  }
  await enter('well');
  leave('well');
  await enter('broken');
  leave('broken', SILENCE);
  await clock.advance(0);
  await enter('another');
  assert.equal(entered.length, 13);
});

test('gate: a host that fails does not hold up the others of its budget', async () => {
  const { clock, entered, enter, leave } = scene();
  const rules = budget();
  for (const name of ['a', 'b', 'c']) await enter(name, rules);
  for (const name of ['a', 'b', 'c']) leave(name, SILENCE);
  void enter('d', rules);
  await enter('e', rules, OTHER);
  assert.deepEqual(entered.slice(3), ['e']);
  void enter('f');
  await clock.advance(5000);
  assert.deepEqual(entered.slice(4), ['d'], 'sources of other budgets wait for the same host');
  leave('d');
  await clock.advance(0);
  assert.deepEqual(entered.slice(5), ['f']);
});

test('gate: other rules for a budget go on with what was spent', async () => {
  const { clock, entered, enter, leave } = scene();
  const before = budget({ limits: [{ count: 2, window: 60_000, burst: 2 }] });
  for (const name of ['a', 'b']) {
    await enter(name, before);
    leave(name);
  }
  const after = budget({ limits: [{ count: 3, window: 60_000, burst: 3 }] });
  await enter('c', after);
  leave('c');
  void enter('d', after);
  await clock.advance(59_000);
  assert.deepEqual(entered, ['a', 'b', 'c']);
});

test('gate: how budgets stand', async () => {
  const { gate, enter, leave } = scene();
  const rules = budget({ limits: [{ count: 10, window: 60_000, burst: 2 }] });
  await enter('a', rules);
  await enter('b');
  await enter('c', null, OTHER);
  leave('a');
  leave('b');
  const allowance = { name: '', limit: 100, remaining: 40, reset: 60_000, window: null };
  leave('c', { ...ANSWER, allowances: [allowance] } as Answered);
  const nothing = { paused: 0, pace: null, waiting: 0 };
  const desk = { budget: 'desk', left: 9, limit: 10, ...nothing };
  const other = { budget: 'other.example.com', left: 40, limit: null, ...nothing };
  assert.deepEqual(gate.standings(new Set(['desk'])), [desk, other]);
  assert.deepEqual(gate.standings(new Set()), [other]);
});

async function pass(
  gate: Gate,
  name: string,
  rules: BudgetConfig | null,
  signal: AbortSignal,
): Promise<void> {
  using _visit = await gate.begin({ name, budget: rules, url: DESK }, signal);
  const permit = await gate.enter({ name, budget: rules }, DESK, signal);
  permit.leave(ANSWER);
}

test('gate: ten thousand sources on one budget all get their turn, and leave nothing behind', async () => {
  const { clock, gate } = scene();
  const rules = budget({ limits: [{ count: 1000, window: 1000, burst: 1000 }] });
  let done = 0;
  for (let source = 0; source < 10_000; source += 1) {
    // As each loop does: one signal for all would cost a search in its listeners each time.
    void pass(gate, `s${source}`, rules, new AbortController().signal).then(() => {
      done += 1;
    });
  }
  await clock.advance(12_000);
  assert.equal(done, 10_000);
  assert.equal(clock.sleeping, 0);
});
