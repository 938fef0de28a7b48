import type { BudgetConfig, SourceConfig } from '../../src/config/document.ts';
import { intervalsOf } from '../../src/lib/optimal-intervals.ts';
import type { PollNote } from '../../src/model.ts';
import { noteOf } from '../../src/poll/note.ts';
import { createGate } from '../../src/schedule/gate.ts';
import { createRanks } from '../../src/schedule/learned/ranks.ts';
import { runLoop } from '../../src/schedule/loop.ts';
import { nextRun } from '../../src/schedule/next.ts';
import { spread } from '../../src/schedule/spread.ts';
import { FakeClock } from '../../test/fake-clock.ts';
import type { Trace } from './traces.ts';

/** What all ways to share the budget have in common. Times are milliseconds. */
export interface Setting {
  readonly traces: readonly Trace[];
  /** Changes per millisecond, which only the ways that know everything use. */
  readonly rates: readonly number[];
  readonly min: number;
  readonly max: number;
  /** Requests in an hour. */
  readonly hourly: number;
  readonly end: number;
}

/** When each source is polled. */
export type Polls = readonly (readonly number[])[];

const HOUR = 3_600_000;

export function equalIntervals({ traces, hourly, end }: Setting): Polls {
  return regular(
    traces.map(() => (traces.length / hourly) * HOUR),
    end,
  );
}

/** The more often a source changes, the more often it is polled; as they are known, not learned. */
export function proportionalIntervals({ rates, min, max, hourly, end }: Setting): Polls {
  // With its rate as its weight, the best interval √(cost / (weight·rate)) of a source is 1/rate.
  const shares = rates.map((rate) => ({ min, max, weight: rate, rate, cost: 1 }));
  return regular(intervalsOf(shares, hourly / HOUR), end);
}

function regular(intervals: readonly number[], end: number): Polls {
  return intervals.map((interval, index) => {
    const first = (interval * index) / intervals.length;
    return Array.from(
      { length: Math.floor((end - first) / interval) + 1 },
      (_, run) => first + run * interval,
    );
  });
}

/** By the code of the daemon, which knows nothing at the beginning: its gate, its ranks, its schedule, its notes. */
export async function learnedIntervals({ traces, min, max, hourly, end }: Setting): Promise<Polls> {
  const clock = new FakeClock(0);
  const ranks = createRanks(clock);
  await using gate = createGate({ clock, random: () => 0, rank: ranks.rank });
  const limit = { count: hourly, window: HOUR, burst: Math.max(1, Math.floor(hourly / 10)) };
  const budget: BudgetConfig = {
    name: 'shared',
    limits: [limit],
    concurrency: 4,
    reserve: 0,
    headers: 'auto',
  };
  const stop = new AbortController();
  const firsts = spread(
    traces.map(() => null),
    0,
  );
  const polls: number[][] = traces.map(() => []);
  const loops = traces.map((trace, index) => {
    const source = sourceOf(`source-${index}`, budget, min, max);
    let note: PollNote | null = null;
    ranks.update(source, note);
    return runLoop({
      clock,
      signal: stop.signal,
      next: () => Math.max(firsts[index] ?? 0, nextRun(source, note, 0, clock.now())),
      async work(signal) {
        using _turn = await gate.begin(source, signal);
        const permit = await gate.enter(source, ORIGIN, signal);
        const began = clock.now();
        permit.leave({ kind: 'answer', limited: false, retryAfter: null, allowances: [] });
        const changes = note === null ? 0 : between(trace, note.polled, began);
        note = noteOf(source, seen(changes, note === null), { began, ended: began }, note);
        ranks.update(source, note);
        polls[index]?.push(began);
      },
      onError(error) {
        throw error;
      },
    });
  });
  for (let day = 0; day < end; day += 24 * HOUR) await clock.advance(24 * HOUR);
  stop.abort();
  await Promise.all(loops.map((loop) => loop.done));
  return polls;
}

const ORIGIN = 'https://desk.example.com';

function sourceOf(name: string, budget: BudgetConfig, min: number, max: number) {
  const backoff = { first: 5000, factor: 2, max: 900_000 };
  const source = { name, url: ORIGIN, schedule: { min, max }, weight: 1, budget, backoff };
  return source satisfies Pick<SourceConfig, 'name' | 'url' | 'schedule' | 'weight' | 'budget' | 'backoff'>;
}

/** A poll that showed so many changes, as far as its note depends on it. */
function seen(changes: number, first: boolean) {
  const detected = {
    basis: first ? 'first' : 'stored',
    changes: Array.from({ length: changes }),
    doubt: null,
  };
  return { kind: 'seen', notBefore: null, pages: 1, detected } as never;
}

/** How many changes lie between two times. */
function between(trace: Trace, after: number, by: number): number {
  return trace.filter((at) => at > after && at <= by).length;
}
