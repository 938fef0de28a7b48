import type { SourceConfig } from './config/document.ts';
import { messageOf } from './errors.ts';
import type { Clock } from './lib/clock.ts';
import type { Logger } from './lib/log.ts';
import type { Random } from './lib/random.ts';
import type { PollNote } from './model.ts';
import type { Poller } from './poll.ts';
import { lineOf, type PollReport, reportOf } from './poll-report.ts';
import type { Gate } from './schedule/gate.ts';
import { type Loop, runLoop } from './schedule/loop.ts';
import { nextRun } from './schedule/next.ts';

export interface WatchDeps {
  readonly poller: Poller;
  /** Where polls wait until they may begin. */
  readonly gate: Pick<Gate, 'begin'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** `until` is true since before the start. */
  readonly finished: boolean;
  /** Told of every poll once it is stored: for metrics, and to deliver what it owes. */
  readonly observe: (report: PollReport) => void;
}

/**
 * Polls a source whenever it is due, until the signal aborts.
 *
 * @param first no poll before this time, Unix milliseconds
 * @param last what the poll before left behind; null before the first
 */
export function watch(source: SourceConfig, first: number, last: PollNote | null, deps: WatchDeps): Loop {
  const { poller, gate, clock, random, signal, observe } = deps;
  const log = deps.log.child({ source: source.name });
  // Measured on the clock that never jumps: the spread at the start must not outlast a wall clock that is set back.
  const start = clock.monotonic() + first - clock.now();
  let note = last;
  let suspicion: string | null = null;
  let finished = deps.finished;
  let chance = random();

  function due(): number {
    if (finished) return Number.POSITIVE_INFINITY;
    return Math.max(clock.now() + start - clock.monotonic(), nextRun(source, note, chance, clock.now()));
  }

  return runLoop({
    clock,
    signal,
    next: due,
    async work(stopping) {
      using _turn = await gate.begin(source, stopping);
      const started = clock.monotonic();
      const before = { failures: note?.failures ?? 0, suspicion };
      const done = await poller.poll(note, stopping);
      note = done.note;
      chance = random();
      const report = reportOf(source, done, clock.monotonic() - started, clock.now());
      // A poll that failed says nothing about the doubt, and one that shows nothing nothing about the end.
      if (report.result !== 'failed') suspicion = report.suspicion;
      if (report.failure === null) finished = report.finished !== null;
      const line = lineOf(report, { ...before, due: due() - clock.now() });
      log[line.level](line.fields, line.message);
      for (const warning of report.warnings) log.warn(warning);
      observe(report);
    },
    onError: (error) => log.error({ err: messageOf(error) }, 'the poll could not be completed'),
  });
}
