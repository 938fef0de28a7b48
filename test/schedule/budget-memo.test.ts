import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BudgetConfig, BudgetLimit } from '../../src/config/document.ts';
import type { Answered, JsonObject } from '../../src/model.ts';
import { createGate } from '../../src/schedule/gate.ts';
import { FakeClock } from '../fake-clock.ts';

const DESK = 'https://desk.example.com';
const ANSWER = { kind: 'answer', limited: false, retryAfter: null, allowances: [] } as const;

function budget(limits: readonly BudgetLimit[]): BudgetConfig {
  return { name: 'desk', limits, concurrency: 4, reserve: 0, headers: 'auto' };
}

/** Processes that follow each other on one disk, which takes some time for each note. */
class Machine {
  readonly clock = new FakeClock();
  readonly sent: number[] = [];
  /** As the disk has it. */
  readonly disk = new Map<string, JsonObject>();
  notes = 0;
  readonly #rules: BudgetConfig;
  readonly #latency: number;
  #process = this.#start();

  constructor(rules: BudgetConfig, latency = 0) {
    this.#rules = rules;
    this.#latency = latency;
    this.#process = this.#start();
  }

  #start() {
    const alive = new AbortController();
    const remember = async (name: string, value: JsonObject | null) => {
      const written = structuredClone(value);
      if (this.#latency > 0) await this.clock.sleep(this.#latency, alive.signal);
      if (alive.signal.aborted) return new Promise<never>(() => undefined);
      this.notes += 1;
      if (written) this.disk.set(name, written);
      else this.disk.delete(name);
    };
    const memos = { remember, known: new Map(this.disk) };
    return { alive, gate: createGate({ clock: this.clock, random: () => 0, memos }) };
  }

  /** Some source wants to send a request now. */
  async ask(latency = 0, answer: Answered = ANSWER): Promise<void> {
    const { alive, gate } = this.#process;
    const entering = gate.enter({ name: 'a', budget: this.#rules }, DESK, alive.signal);
    void Promise.resolve(entering).then(
      async (permit) => {
        if (alive.signal.aborted) return;
        this.sent.push(this.clock.monotonic());
        await this.clock.sleep(latency, alive.signal);
        if (!alive.signal.aborted) permit.leave(answer);
      },
      () => undefined,
    );
  }

  /** The process is killed, or stops in order, and another one starts after so long. */
  async restart(time: number, kind: 'killed' | 'stopped'): Promise<void> {
    if (kind === 'stopped') {
      const closing = this.#process.gate[Symbol.asyncDispose]();
      await this.clock.advance(this.#latency * 2);
      await closing;
    }
    this.#process.alive.abort();
    await this.clock.advance(time);
    this.#process = this.#start();
  }
}

function mostIn(window: number, sent: readonly number[]): number {
  return Math.max(0, ...sent.map((from) => sent.filter((at) => at >= from && at < from + window).length));
}

const limits = fc
  .record({
    count: fc.integer({ min: 1, max: 200 }),
    window: fc.constantFrom(500, 3000, 10_000),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ count, window, share }) => ({ count, window, burst: Math.max(1, Math.round(count * share)) }));

const days = fc.array(
  fc.record({
    pause: fc.nat(2000),
    requests: fc.nat(30),
    restart: fc.option(
      fc.record({ time: fc.nat(1500), kind: fc.constantFrom('killed' as const, 'stopped' as const) }),
    ),
  }),
  { maxLength: 12 },
);

test('a budget holds over any kills and restarts, however slow the disk', async () => {
  await fc.assert(
    fc.asyncProperty(limits, fc.constantFrom(0, 7), days, async (limit, latency, wishes) => {
      const machine = new Machine(budget([limit]), latency);
      for (const { pause, requests, restart } of wishes) {
        for (let count = 0; count < requests; count += 1) void machine.ask();
        await machine.clock.advance(pause);
        if (restart) await machine.restart(restart.time, restart.kind);
      }
      const most = mostIn(limit.window, machine.sent);
      assert.ok(most <= limit.count, `${most} of ${limit.count}`);
    }),
    { numRuns: 60 },
  );
});

const HOURLY = { count: 1000, window: 3_600_000, burst: 1000 };

test('after a kill what may have been sent counts as sent, and no more', async () => {
  const machine = new Machine(budget([HOURLY]));
  for (let count = 0; count < 500; count += 1) await machine.ask();
  await machine.restart(1000, 'killed');
  for (let count = 0; count < 1000; count += 1) await machine.ask();
  await machine.clock.advance(0);
  assert.ok(machine.sent.length <= 1000);
  assert.ok(machine.sent.length >= 1000 - 2 * 20 - 1, `${machine.sent.length} sent`);
});

test('after a stop in order nothing is lost', async () => {
  const machine = new Machine(budget([HOURLY]));
  for (let count = 0; count < 500; count += 1) await machine.ask();
  await machine.restart(1000, 'stopped');
  for (let count = 0; count < 1000; count += 1) await machine.ask();
  await machine.clock.advance(0);
  assert.equal(machine.sent.length, 1000);
});

test('a window is noted about fifty times, and never more than once a second', async () => {
  const machine = new Machine(budget([HOURLY]));
  for (let count = 0; count < 1000; count += 1) await machine.ask();
  assert.ok(machine.notes <= 52, `${machine.notes} notes`);
  const fast = new Machine(budget([{ count: 100, window: 10_000, burst: 10 }]));
  for (let count = 0; count < 100; count += 1) await fast.ask();
  await fast.clock.advance(10_000);
  assert.ok(fast.notes <= 12, `${fast.notes} notes`);
});

test('what a budget without a long window spends is not noted at all', async () => {
  const machine = new Machine(budget([{ count: 10, window: 1000, burst: 1 }]));
  for (let count = 0; count < 100; count += 1) await machine.ask();
  await machine.clock.advance(12_000);
  assert.equal(machine.sent.length, 100);
  assert.equal(machine.notes, 0);
});

const GARBAGE: JsonObject[] = [
  {},
  { at: 'now', ended: [], granted: 0, pause: 0 },
  { at: 0, ended: [[1], null, ['a', 'b'], [1, -5], [-5, 3]], granted: -3, pause: -1 },
  { at: 9e15, ended: [[0, 1]], granted: 1, pause: 0 },
];

for (const garbage of GARBAGE) {
  test(`a note that cannot be trusted stops nothing: ${JSON.stringify(garbage)}`, async () => {
    const machine = new Machine(budget([HOURLY]));
    machine.disk.set('budget:desk', garbage);
    await machine.restart(0, 'killed');
    await machine.ask();
    await machine.clock.advance(0);
    assert.equal(machine.sent.length, 1);
  });
}

test('pauses are noted, and grant nothing', async () => {
  const machine = new Machine(budget([HOURLY]));
  for (let count = 0; count < 30; count += 1) {
    await machine.ask(0, { ...ANSWER, limited: true, retryAfter: 1000 });
    await machine.clock.advance(60_000 * 16);
    await machine.ask();
    await machine.clock.advance(0);
  }
  const { granted, pause } = machine.disk.get('budget:desk') ?? {};
  assert.ok(Number(granted) <= 41, `${granted} granted`);
  assert.equal(pause, 0);
  await machine.ask(0, { ...ANSWER, limited: true, retryAfter: 3_600_000 });
  await machine.clock.advance(0);
  const before = machine.sent.length;
  await machine.restart(1000, 'killed');
  await machine.ask();
  await machine.clock.advance(3_590_000);
  assert.equal(machine.sent.length, before);
  await machine.clock.advance(10_000);
  assert.equal(machine.sent.length, before + 1);
});

test('when nothing can be noted any more, nothing is sent any more', async () => {
  const clock = new FakeClock();
  const memos = { remember: () => Promise.reject(new Error('the disk is full')), known: new Map() };
  const gate = createGate({ clock, random: () => 0, memos });
  let sent = false;
  void Promise.resolve(gate.enter({ name: 'a', budget: budget([HOURLY]) }, DESK, null)).then(
    () => {
      sent = true;
    },
    () => undefined,
  );
  await clock.advance(60_000);
  assert.equal(sent, false);
  await gate[Symbol.asyncDispose]();
});
