import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EventRule } from '../../src/config/events.ts';
import type { Detected } from '../../src/detect/contract.ts';
import { createRules } from '../../src/detect/rules.ts';
import { parseDecimal } from '../../src/lib/decimal.ts';
import type { Reading, SourceRecord, Window } from '../../src/model.ts';
import { type Row, Scene } from './scene.ts';

const EVERYTHING: EventRule = {
  type: null,
  on: ['created', 'updated', 'deleted'],
  changed: null,
  when: null,
  becomes: null,
  data: null,
  send_to: [],
};

/** What a source shows at one poll: values by key; null when there is no answer. */
type Answer = Readonly<Record<string, number>> | null;

interface History {
  readonly confirm: number;
  readonly deletes: number;
  readonly tolerance: number;
  readonly answers: readonly Answer[];
  /** Whether the poll finds nothing that the one before remembered, as after a restart. */
  readonly restarts: readonly boolean[];
}

const answer = fc.dictionary(fc.constantFrom('1', '2', '3'), fc.integer({ min: 0, max: 6 }), {
  noNullPrototype: true,
});

const history: fc.Arbitrary<History> = fc
  .array(fc.oneof({ weight: 8, arbitrary: answer }, { weight: 1, arbitrary: fc.constant(null) }), {
    minLength: 2,
    maxLength: 25,
  })
  .chain((answers) =>
    fc.record({
      confirm: fc.integer({ min: 1, max: 4 }),
      deletes: fc.integer({ min: 1, max: 3 }),
      tolerance: fc.constantFrom(0, 1, 2, 3),
      // Answers that stay for some polls are what confirms.
      answers: fc
        .array(fc.integer({ min: 1, max: 4 }), { minLength: answers.length, maxLength: answers.length })
        .map((times) => answers.flatMap((one, at) => Array.from({ length: times[at] ?? 1 }, () => one))),
      restarts: fc.array(fc.boolean(), { minLength: 100, maxLength: 100 }),
    }),
  );

/** The simplest thing that can be right: each record for itself, all of its past at hand. */
function model({ confirm, deletes, tolerance, answers }: History): string[] {
  const told: string[] = [];
  const records = new Map<string, Known>();
  let time = 1000;
  let last: number | null = null;
  let known = false;
  for (const answer of answers) {
    time += 1000;
    if (answer === null) continue;
    const sent = [...records.values()].filter((one) => one.sent !== null).length;
    const doubted = known && Object.keys(answer).length === 0 && sent > 0;
    for (const key of ['1', '2', '3']) {
      const one = records.get(key) ?? { sent: null, run: 0, window: null, missing: 0, gone: null };
      records.set(key, one);
      const value = answer[key];
      if (!known) {
        one.sent = value ?? null;
      } else if (value !== undefined) {
        const differs = one.sent === null || (value !== one.sent && Math.abs(value - one.sent) >= tolerance);
        const after: number | null = one.gone?.after ?? last;
        one.missing = 0;
        one.gone = null;
        if (!differs) {
          one.run = 0;
          one.window = null;
          continue;
        }
        one.window ??= { after, by: time };
        one.run += 1;
        if (one.run < confirm) continue;
        told.push(line(one.sent === null ? 'created' : 'updated', key, one.sent, value, one.window));
        Object.assign(one, { sent: value, run: 0, window: null });
      } else if (one.sent === null) {
        if (!doubted) Object.assign(one, { run: 0, window: null });
      } else {
        one.gone ??= { after: last, by: time };
        if (!doubted) one.missing += 1;
        if (doubted || one.missing < deletes) continue;
        told.push(line('deleted', key, one.sent, null, one.gone));
        records.delete(key);
      }
    }
    known = true;
    if (!doubted) last = time;
  }
  return told.sort();
}

interface Known {
  sent: number | null;
  run: number;
  window: Window | null;
  missing: number;
  gone: Window | null;
}

function line(
  change: string,
  key: string,
  from: number | null,
  to: number | null,
  { after, by }: Window,
): string {
  return `${by} ${change} ${key}: ${from} → ${to} after ${after}`;
}

/** The reading of an answer: of the whole, or of what differs from the one before. */
function readingOf(answer: Row[], before: Row[] | null): Reading {
  const record = (row: Row): SourceRecord => ({ key: String(row.id), value: row });
  if (before === null) return { kind: 'all', records: answer.map(record) };
  const old = new Map(before.map((row) => [row.id, row]));
  const shown = new Set(answer.map(({ id }) => id));
  const records = answer.filter(({ id, v }) => old.get(id)?.v !== v);
  const gone = before.filter(({ id }) => !shown.has(id)).map(({ id }) => String(id));
  if (records.length === 0 && gone.length === 0) return { kind: 'same' };
  const added = records.filter(({ id }) => !old.has(id)).map(({ id }) => String(id));
  return { kind: 'some', records: records.map(record), added, gone, total: answer.length };
}

async function detected(
  { confirm, deletes, tolerance, answers, restarts }: History,
  observe: (look: Detected) => void | Promise<void>,
): Promise<void> {
  const amount = parseDecimal(String(tolerance));
  assert.ok(amount);
  const scene = new Scene({
    confirm: { enter: confirm, leave: confirm, when: null },
    tolerance: tolerance === 0 ? [] : [{ path: 'v', amount, percent: false }],
    deletes: { confirm: deletes, guard: { count: 10, ratio: 0.1 }, allow_empty: false },
  });
  let before: Row[] | null = null;
  for (const [at, answer] of answers.entries()) {
    if (answer === null) {
      scene.fail();
      continue;
    }
    const rows = Object.entries(answer).map(([id, v]) => ({ id: Number(id), v }));
    await observe(await scene.seen(readingOf(rows, restarts[at] ? null : before)));
    before = rows;
  }
}

const numberIn = (record: unknown) => (record as { v?: number } | null)?.v ?? null;

test('confirm, tolerance and deletes over any history are what a naive model says', async () => {
  await fc.assert(
    fc.asyncProperty(history, async (one) => {
      const told: string[] = [];
      await detected(one, (look) => {
        for (const { change, key, previous, current, window } of look.changes)
          told.push(line(change, key, numberIn(previous), numberIn(current), window));
        assert.ok(Object.values(look.unconfirmed).every(({ polls }) => polls < one.confirm));
      });
      assert.deepEqual(told.sort(), model(one));
    }),
    { numRuns: 1500 },
  );
});

test('an edge is told whenever what is reported crosses it, and never else', async () => {
  for (const becomes of ['v > 3', '$number(v) > 3']) {
    const rules = createRules(
      { ignore: [], unordered: [], tolerance: [], events: [{ ...EVERYTHING, becomes }] },
      { monotonic: () => 0 },
    );
    await fc.assert(
      fc.asyncProperty(history, async (one) => {
        const edges: string[] = [];
        let sequence = 0;
        await detected(one, async ({ changes }) => {
          const { events } = await rules(changes, { identity: 'i', source: 's', sequence, decided: 1 });
          for (const event of events) {
            sequence += 1;
            assert.equal(event.sequence, sequence);
            const { previous, current, window } = JSON.parse(event.body).data;
            const [after, by] = [window.after, window.by].map((time) =>
              time === null ? null : Date.parse(time),
            );
            edges.push(
              line(event.change, event.key ?? '', numberIn(previous), numberIn(current), {
                after: after ?? null,
                by: by ?? 0,
              }),
            );
          }
        });
        const crossing = model(one).filter((told) => {
          const [, from = '', to = ''] = /: (\w+) → (\w+) /.exec(told) ?? [];
          return Number(to) > 3 && !(Number(from) > 3);
        });
        assert.deepEqual(edges.sort(), crossing);
      }),
      { numRuns: 300 },
    );
  }
});
