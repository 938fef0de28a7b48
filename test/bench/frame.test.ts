import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ratioFigure, repeat, sideBySide } from '../../bench/frame/measure.ts';
import { page } from '../../bench/frame/page.ts';
import { type Figure, isMet, type Row } from '../../bench/frame/row.ts';
import { runRows } from '../../bench/frame/run.ts';
import { quantile, summary } from '../../bench/frame/statistics.ts';
import { tickets } from '../../bench/frame/tickets.ts';
import { openWorld } from '../../bench/frame/world.ts';
import { ROWS } from '../../bench/rows.ts';

function figure(part: Partial<Figure>): Figure {
  return { what: '', unit: '×', value: 1, low: 1, high: 1, goal: null, detail: 'so much', ...part };
}

const FAKE: Row = {
  name: 'fake',
  what: 'Cost of nothing',
  against: 'nothing else',
  method: 'It is not measured at all.',
  cases: {
    quick: async () => [figure({ value: 1.234, low: 1, high: 2, goal: { most: 1.25 } })],
    slow: async () => [figure({ what: 'p99', unit: 'ms', value: 30, goal: { most: 20 } }), figure({})],
  },
};

const here = async (row: Row, name: string) => (await row.cases[name]?.()) ?? [];

describe('the frame of the benchmarks', () => {
  test('runs the cases of a row in turn and tells each figure', async () => {
    const lines: string[] = [];
    const [measured, ...others] = await runRows([FAKE], here, (line) => lines.push(line));
    assert.deepEqual(others, []);
    assert.deepEqual(
      measured?.figures.map((one) => one.case),
      ['quick', 'slow', 'slow'],
    );
    assert.equal(lines.length, 4);
    assert.match(lines[1] ?? '', /1\.23 × +1 – 2 +≤ 1\.25 × +yes +quick \(so much\)/);
    assert.match(lines[2] ?? '', /30 ms +≤ 20 ms +no +slow: p99/);
  });

  test('writes a page with machine, figures, methods and the reasons of what is missed', async () => {
    const measured = await runRows([FAKE], here, () => undefined);
    const text = page(measured, { Processor: 'a fast one' }, { fake: 'It is slow.', other: 'Never shown.' });
    assert.match(text, /1 of 2 goals are reached/);
    assert.match(text, /\| quick \| 1\.23 × \| 1 – 2 \| ≤ 1\.25 × \| yes \| so much \|/);
    assert.match(text, /\*\*Cost of nothing\.\*\* It is slow\./);
    assert.match(text, /It is not measured at all\.\n/);
    assert.match(text, /\| Processor \| a fast one \|/);
    assert.doesNotMatch(text, /Never shown|undefined|NaN/);
  });

  test('a page without a missed goal has no such section', async () => {
    const row = { ...FAKE, cases: { quick: async () => [figure({ goal: { least: 0.5 } })] } };
    const text = page(await runRows([row], here, () => undefined), {}, { fake: 'It is slow.' });
    assert.doesNotMatch(text, /missed\n|It is slow/);
  });

  test('measures two sides equally often, the first round uncounted, and prepares each turn', async () => {
    const calls = { first: 0, second: 0, prepared: 0 };
    const prepare = async () => {
      calls.prepared += 1;
    };
    const side = (name: 'first' | 'second') => ({
      prepare,
      operations: 2,
      run: () =>
        repeat(2, async () => {
          calls[name] += 1;
          JSON.parse(JSON.stringify(tickets(20)));
        }),
    });
    const comparison = await sideBySide(side('first'), side('second'), { rounds: 3, turns: 2 });
    assert.deepEqual(calls, { first: 16, second: 16, prepared: 16 });
    assert.equal(comparison.ratios.length, 3);
    const { value, low, high } = ratioFigure(comparison, null);
    assert.ok(low > 0 && low <= value && value <= high);
  });

  for (const [name, value, goal, met] of [
    ['at the goal', 2, { most: 2 }, true],
    ['above the most', 2.01, { most: 2 }, false],
    ['below the least', 0.49, { least: 0.5 }, false],
    ['nothing measured', Number.NaN, { most: 2 }, false],
    ['no goal', 9, null, null],
  ] as const) {
    test(`a figure is judged: ${name}`, () => assert.equal(isMet(figure({ value, goal })), met));
  }

  test('quantiles lie between the values', () => {
    assert.deepEqual(summary([5, 1, 4, 2, 3]), { value: 3, low: 1.4, high: 4.6 });
    assert.equal(quantile([1, 2], 0.5), 1.5);
    assert.ok(Number.isNaN(quantile([], 0.5)));
  });

  test('tickets are the same in every run, about 300 bytes each', () => {
    assert.deepEqual(tickets(50), tickets(50));
    const size = JSON.stringify(tickets(1000)).length / 1000;
    assert.ok(size > 250 && size < 350, `${size}`);
  });
});

test('the world changes as many tickets as it is asked to, and counts what it receives', async () => {
  await using world = await openWorld();
  const list = async () => {
    const answer = await fetch(`${world.url}/tickets/a?count=50&changing=10`);
    return ((await answer.json()) as { tickets: object[] }).tickets;
  };
  const [before, after] = [await list(), await list()];
  const changed = after.filter((one, at) => JSON.stringify(one) !== JSON.stringify(before[at]));
  assert.equal(changed.length, 10);
  const post = (sequence: number) =>
    fetch(`${world.url}/hook/a`, {
      method: 'POST',
      body: JSON.stringify({ data: { source: 's', key: 'k', sequence, current: null } }),
    });
  for (const sequence of [1, 3, 2]) assert.equal((await post(sequence)).status, 204);
  await world.ask('kill', '/hook/a');
  assert.equal((await post(4)).status, 503);
  assert.deepEqual(await world.ask('receipts', '/hook/a'), { received: 3, disorder: 1 });
});

test('every row has a name of its own, and an unknown one is refused', async () => {
  assert.equal(new Set(ROWS.map(({ name }) => name)).size, ROWS.length);
  const program = fileURLToPath(new URL('../../bench/run.ts', import.meta.url));
  const refused = promisify(execFile)(process.execPath, [program, 'nonsense']);
  await assert.rejects(refused, (error: Error & { code?: number; stderr?: string }) => {
    return error.code === 2 && /nonsense/.test(error.stderr ?? '');
  });
});
