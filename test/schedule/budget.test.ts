import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BudgetConfig, BudgetLimit } from '../../src/config/document.ts';
import type { Allowance, Answered } from '../../src/model.ts';
import { Budget, type Turn } from '../../src/schedule/budget.ts';

const QUIET: Answered = { kind: 'answer', limited: false, retryAfter: null, allowances: [] };
const REFUSED: Answered = { kind: 'answer', limited: true, retryAfter: null, allowances: [] };
const SILENCE: Answered = { kind: 'silence' };
const UNKNOWN: Answered = { kind: 'unknown' };

const MINUTE = 60_000;

function config(limits: readonly BudgetLimit[], settings: Partial<BudgetConfig> = {}): BudgetConfig {
  return { name: 'desk', limits, concurrency: 100, reserve: 0, headers: 'auto', ...settings };
}

const UNLIMITED = config([]);

/** A budget with whatever asks it as soon as it may, on a clock of its own. */
class Client {
  budget: Budget;
  now = 0;
  /** When requests were sent, and when they were answered. */
  readonly sent: { at: number; end: number }[] = [];
  #underWay: { turn: Turn; end: number; answer: Answered }[] = [];

  constructor(rules: BudgetConfig) {
    this.budget = new Budget(rules);
  }

  /** Sends a request as soon as the budget allows, if that is before `end`. */
  send(latency: number, answer: Answered = QUIET, end = Number.POSITIVE_INFINITY): boolean {
    for (;;) {
      const next = this.budget.next(this.now);
      if (next <= this.now) break;
      const answered = this.#underWay[0]?.end ?? Number.POSITIVE_INFINITY;
      const at = Math.min(next, answered);
      if (at >= end) return false;
      assert.ok(at < Number.POSITIVE_INFINITY, 'nothing will ever happen');
      this.wait(at - this.now);
    }
    if (this.now >= end) return false;
    const turn = this.budget.sent(this.now);
    this.sent.push({ at: this.now, end: this.now + latency });
    this.#underWay.push({ turn, end: this.now + latency, answer });
    this.#underWay.sort((a, b) => a.end - b.end);
    return true;
  }

  /** The process ends, and another one goes on after so long with what this one left. */
  restart(time: number): void {
    const saved = this.budget.save(this.now);
    for (const one of this.sent) one.end = Math.min(one.end, this.now);
    this.#underWay = [];
    this.now += time;
    this.budget = new Budget(this.budget.config);
    this.budget.restore(saved, time, this.now);
  }

  /** Sends as fast as the budget allows for so long; gives how many it were. */
  sendFor(time: number, latency = 0, answer: Answered = QUIET): number {
    const before = this.sent.length;
    const end = this.now + time;
    while (this.send(latency, answer, end));
    this.wait(end - this.now);
    return this.sent.length - before;
  }

  wait(time: number): void {
    const until = this.now + time;
    for (;;) {
      const [first] = this.#underWay;
      if (!first || first.end > until) break;
      this.#underWay.shift();
      this.now = Math.max(this.now, first.end);
      this.budget.ended(first.turn, first.answer, this.now, 0);
    }
    this.now = Math.max(this.now, until);
  }
}

/** The most requests that any window can hold, wherever each arrived between being sent and being answered. */
function mostIn(window: number, sent: readonly { at: number; end: number }[]): number {
  // The latest arrivals of earlier requests and the earliest of later ones lie closest together.
  return Math.max(
    0,
    ...sent.map(({ end }) => sent.filter((other) => other.at < end + window && other.end >= end).length),
  );
}

test('a burst at first, then evenly, and never more than the rate in a window', () => {
  const client = new Client(config([{ count: 60, window: MINUTE, burst: 6 }]));
  for (let count = 0; count < 8; count += 1) client.send(0);
  assert.deepEqual(
    client.sent.map(({ at }) => Math.round(at)),
    [0, 0, 0, 0, 0, 0, 1000, 2000],
  );
});

test('restarts do not make requests older than they are', () => {
  const client = new Client(config([{ count: 6, window: 10_000, burst: 6 }]));
  client.wait(0.5);
  for (let count = 0; count < 6; count += 1) client.send(0);
  for (let count = 0; count < 100; count += 1) {
    client.wait(0.25);
    client.restart(0.25);
  }
  client.send(0);
  assert.ok(client.now >= 10_000.5);
});

test('what may be spent is spent: hardly less than the rate, whatever the burst', () => {
  for (const burst of [1, 6, 30, 60]) {
    const client = new Client(config([{ count: 60, window: MINUTE, burst }]));
    const sent = client.sendFor(60 * MINUTE, 50);
    assert.ok(sent >= 0.93 * 3600, `${sent} of 3600 with a burst of ${burst}`);
  }
});

test('several limits: all of them hold', () => {
  const limits = [
    { count: 10, window: 1000, burst: 5 },
    { count: 100, window: MINUTE, burst: 10 },
  ];
  const client = new Client(config(limits));
  client.sendFor(10 * MINUTE, 5);
  for (const { count, window } of limits) assert.ok(mostIn(window, client.sent) <= count);
});

test('many requests are remembered in few entries, and none of them too early', () => {
  const client = new Client(config([{ count: 500, window: 1000, burst: 500 }]));
  for (let count = 0; count < 500; count += 1) {
    client.send(0);
    client.wait(0.5);
  }
  client.sendFor(1200);
  assert.ok(mostIn(1000, client.sent) <= 500);
  assert.ok(client.sent.length >= 990);
  assert.ok(client.budget.save(client.now).ended.length <= 201);
});

test('no more at the same time than `concurrency`', () => {
  const client = new Client(config([], { concurrency: 3 }));
  for (let count = 0; count < 7; count += 1) client.send(1000);
  assert.deepEqual(
    client.sent.map(({ at }) => at),
    [0, 0, 0, 1000, 1000, 1000, 2000],
  );
});

const limits = fc
  .record({
    count: fc.integer({ min: 1, max: 40 }),
    window: fc.constantFrom(100, 1000, 10_000, MINUTE),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ count, window, share }) => ({ count, window, burst: Math.max(1, Math.round(count * share)) }));

const allowances = fc.array(
  fc.record<Allowance>({
    name: fc.constantFrom('', 'a', 'b'),
    limit: fc.option(fc.nat(100)),
    remaining: fc.option(fc.nat(100)),
    reset: fc.option(fc.nat(20_000)),
    window: fc.option(fc.nat(20_000)),
  }),
  { maxLength: 2 },
);

const answers: fc.Arbitrary<Answered> = fc.oneof(
  { weight: 6, arbitrary: fc.constant(QUIET) },
  { weight: 1, arbitrary: fc.constantFrom<Answered>(SILENCE, UNKNOWN) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('answer' as const),
      limited: fc.boolean(),
      retryAfter: fc.option(fc.nat(5000)),
      allowances,
    }),
  },
);

const requests = fc.array(
  fc.record({
    /** Milliseconds until somebody wants to send the next. */
    pause: fc.oneof(fc.constant(0), fc.nat(2000)),
    latency: fc.oneof(fc.constant(0), fc.nat(3000)),
    answer: answers,
    /** The process is killed, and started again after so long. */
    restart: fc.option(fc.nat(1000), { freq: 15 }),
  }),
  { maxLength: 120 },
);

test('whoever wants what when, and whatever is answered: no window holds more than its limit', () => {
  fc.assert(
    fc.property(fc.array(limits, { minLength: 1, maxLength: 3 }), requests, (all, wishes) => {
      const sorted = [...all].sort((a, b) => a.window - b.window);
      const client = new Client(config(sorted, { concurrency: 4 }));
      for (const { pause, latency, answer } of wishes) {
        client.wait(pause);
        client.send(latency, answer);
      }
      for (const { count, window } of sorted) assert.ok(mostIn(window, client.sent) <= count);
    }),
    { numRuns: 400 },
  );
});

test('a budget that is saved and restored over and over, holds as well', () => {
  fc.assert(
    fc.property(limits, requests, (limit, wishes) => {
      const client = new Client(config([limit], { concurrency: 4 }));
      for (const { pause, latency, restart } of wishes) {
        client.wait(pause);
        client.send(latency);
        if (restart !== null) client.restart(restart);
      }
      assert.ok(mostIn(limit.window, client.sent) <= limit.count);
    }),
    { numRuns: 1000 },
  );
});

test('whatever is answered, it goes on in the end', () => {
  fc.assert(
    fc.property(requests, (wishes) => {
      const client = new Client(config([{ count: 10, window: 1000, burst: 1 }]));
      for (const { pause, latency, answer } of wishes) {
        client.wait(pause);
        client.send(latency, answer);
      }
      client.wait(10_000);
      const before = client.now;
      client.send(0);
      assert.ok(client.now - before <= 15 * MINUTE * 1.1);
    }),
  );
});

function told(remaining: number, reset: number | null, settings: Partial<Allowance> = {}): Answered {
  const allowance = { name: '', limit: null, remaining, reset, window: null, ...settings };
  return { ...QUIET, allowances: [allowance] } as Answered;
}

test('what the server says is left is spread until the reset', () => {
  const client = new Client(UNLIMITED);
  client.send(0, told(10, MINUTE));
  client.wait(1);
  const sent = [1, 2, 3].map(() => {
    client.send(0);
    return Math.round(client.now / 100) / 10;
  });
  assert.deepEqual(sent, [0, 6, 12]);
});

test('plenty left slows nothing that is not a burst itself', () => {
  const client = new Client(UNLIMITED);
  client.send(0, told(5000, 60 * MINUTE));
  client.wait(1);
  for (let count = 0; count < 400; count += 1) client.send(0);
  assert.ok(client.now < 1000);
});

test('nothing left: not before the reset', () => {
  const client = new Client(UNLIMITED);
  client.send(0, told(0, 30_000));
  client.wait(0);
  client.send(0);
  assert.equal(client.now, 30_000);
});

test('the reserve is left to others, of what the server allows as well', () => {
  const client = new Client(config([], { reserve: 0.1 }));
  client.send(0, told(11, MINUTE, { limit: 100 }));
  client.wait(0);
  client.send(0);
  client.send(0);
  assert.ok(client.now >= MINUTE, 'one of eleven is ours, the other ten are not');
});

test('a limit that says nothing about its reset slows nothing until nothing is left', () => {
  const client = new Client(UNLIMITED);
  client.send(0, told(1, null));
  client.wait(0);
  client.send(0, told(0, null));
  assert.equal(client.now, 0);
  client.wait(0);
  client.send(0);
  assert.equal(client.now, MINUTE);
});

test('no header ever allows more than the rate', () => {
  const client = new Client(config([{ count: 10, window: MINUTE, burst: 1 }]));
  const sent = client.sendFor(10 * MINUTE, 0, told(1_000_000, 1));
  assert.ok(sent <= 100);
});

test('the most restrictive of several limits counts', () => {
  const client = new Client(UNLIMITED);
  const a = { name: 'minute', limit: 100, remaining: 90, reset: MINUTE, window: null };
  const b = { name: 'day', limit: 1000, remaining: 5, reset: 50 * MINUTE, window: null };
  client.send(0, { ...QUIET, allowances: [a, b] } as Answered);
  client.wait(0);
  client.send(0);
  client.send(0);
  assert.ok(client.now >= 10 * MINUTE - 1);
});

test('refused with a time: nobody before, then one finds out, then the others', () => {
  const client = new Client(UNLIMITED);
  client.send(0, { ...REFUSED, retryAfter: 30_000 } as Answered);
  client.wait(0);
  client.send(500);
  assert.equal(client.now, 30_000);
  client.send(0);
  assert.equal(client.now, 30_500, 'while one finds out, the others wait');
});

test('refused again and again without a time: 5 s, 10 s, 20 s … up to a quarter of an hour', () => {
  const client = new Client(UNLIMITED);
  const times: number[] = [];
  for (let count = 0; count < 10; count += 1) {
    client.send(0, REFUSED);
    times.push(client.now);
    client.wait(0);
  }
  const waits = times.slice(1).map((time, index) => Math.round((time - (times[index] ?? 0)) / 1000));
  assert.deepEqual(waits, [5, 10, 20, 40, 80, 160, 320, 640, 900]);
});

test('a server that asks for a second again and again gets the pause that it needs', () => {
  const client = new Client(UNLIMITED);
  const times: number[] = [];
  for (let count = 0; count < 5; count += 1) {
    client.send(0, { ...REFUSED, retryAfter: 1000 } as Answered);
    times.push(client.now);
    client.wait(0);
  }
  assert.deepEqual(times, [0, 1000, 11_000, 31_000, 71_000]);
});

test('refusals of what was sent together count once', () => {
  const client = new Client(UNLIMITED);
  for (let count = 0; count < 4; count += 1) client.send(10, REFUSED);
  client.wait(10);
  client.send(0);
  assert.equal(client.now, 5010);
});

test('a server that only refuses is asked at half of the pace that it refused, and slowly faster again', () => {
  const client = new Client(config([], { concurrency: 1 }));
  for (let count = 0; count < 20; count += 1) client.send(100);
  client.send(100, REFUSED);
  client.wait(100);
  const pace = client.budget.pace(client.now);
  assert.ok(pace !== null && pace > 150 && pace < 250, String(pace));
  assert.ok(client.sendFor(5 * MINUTE) <= (5 * MINUTE) / pace + 1);
  client.wait(3 * 60 * MINUTE);
  assert.equal(client.budget.pace(client.now), null);
});

test('a single refused request teaches no pace: others must have spent what there was', () => {
  const client = new Client(UNLIMITED);
  client.send(0, REFUSED);
  client.wait(0);
  assert.equal(client.budget.pace(client.now), null);
});

test('how much is left: the least of what is known', () => {
  const client = new Client(config([{ count: 10, window: MINUTE, burst: 10 }]));
  assert.equal(client.budget.left(0), 10);
  client.send(0, told(3, MINUTE));
  client.wait(0);
  assert.equal(client.budget.left(0), 3);
  assert.equal(new Budget(UNLIMITED).left(0), null);
});

test('a pause outlasts a restart', () => {
  const client = new Client(UNLIMITED);
  client.send(0, { ...REFUSED, retryAfter: 60_000 } as Answered);
  client.wait(0);
  client.restart(20_000);
  assert.equal(client.budget.next(client.now), client.now + 40_000);
});
