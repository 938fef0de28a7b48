import type { SourceConfig } from './config/document.ts';
import type { Doubt } from './detect/contract.ts';
import { messageOf } from './errors.ts';
import type { Clock } from './lib/clock.ts';
import type { Logger } from './lib/log.ts';
import { createMutex } from './lib/mutex.ts';
import type { Random } from './lib/random.ts';
import type { PollNote } from './model.ts';
import type { Poller } from './poll.ts';
import { lineOf, type PollReport, reportOf } from './poll-report.ts';
import type { Gate } from './schedule/gate.ts';
import type { Ranks } from './schedule/learned/ranks.ts';
import { type Loop, runLoop } from './schedule/loop.ts';
import { nextRun } from './schedule/next.ts';

export interface WatchDeps {
  readonly poller: Poller;
  /** Where polls wait until they may begin, and who comes first there. */
  readonly gate: Pick<Gate, 'begin'>;
  readonly ranks: Pick<Ranks, 'update'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** `until` is true since before the start. */
  readonly finished: boolean;
  /** What was in doubt before the start. */
  readonly held: Doubt | null;
  /** Somebody paused it before the start. */
  readonly paused: boolean;
  /** Told of every poll once it is stored: for metrics, and to deliver what it owes. */
  readonly observe: (report: PollReport) => void;
}

/** The loop of one source, and what a person can do about it. */
export interface Watch extends Pick<Loop, 'done'> {
  readonly source: SourceConfig;
  /** Polls once as soon as the budget allows, due or not, paused or not. */
  poll(): void;
  /** Begins no more polls until it is resumed; one that is under way ends. */
  pause(): void;
  resume(): void;
  /** Does something between two polls, never beside one; given what the last poll left behind. */
  between<T>(action: (note: PollNote | null) => Promise<T>): Promise<T>;
  /** What was known is forgotten: belongs into `between`. */
  forget(): void;
  standing(): WatchStanding;
}

export interface WatchStanding {
  readonly note: PollNote | null;
  /** Unix milliseconds; Infinity: no poll is due. */
  readonly due: number;
  readonly paused: boolean;
  readonly finished: boolean;
  /** Whether a poll is under way. */
  readonly polling: boolean;
  /** Deletions that are in doubt since the last poll that could be read. */
  readonly held: Doubt | null;
}

/**
 * Polls a source whenever it is due, until the signal aborts.
 *
 * @param first no poll before this time, Unix milliseconds
 * @param last what the poll before left behind; null before the first
 */
export function watch(source: SourceConfig, first: number, last: PollNote | null, deps: WatchDeps): Watch {
  const { poller, gate, ranks, clock, random, signal, observe } = deps;
  const log = deps.log.child({ source: source.name });
  // Measured on the clock that never jumps: the spread at the start must not outlast a wall clock that is set back.
  const start = clock.monotonic() + first - clock.now();
  const mutex = createMutex();
  let note = last;
  let suspicion: string | null = null;
  let { held, finished, paused } = deps;
  let asked = false;
  let polling = false;
  ranks.update(source, note);
  let chance = random();

  function due(): number {
    if (finished || paused) return Number.POSITIVE_INFINITY;
    return Math.max(clock.now() + start - clock.monotonic(), nextRun(source, note, chance, clock.now()));
  }

  async function poll(stopping: AbortSignal): Promise<void> {
    const started = clock.monotonic();
    const before = { failures: note?.failures ?? 0, suspicion };
    const done = await poller.poll(note, stopping);
    note = done.note;
    ranks.update(source, note);
    chance = random();
    const report = reportOf(source, done, clock.monotonic() - started, clock.now());
    // A poll that failed says nothing about the doubt, and one that shows nothing nothing about the end.
    if (report.result !== 'failed') suspicion = report.suspicion;
    if (report.failure === null) {
      held = report.held;
      finished = report.finished !== null;
    }
    const line = lineOf(report, { ...before, due: due() - clock.now() });
    log[line.level](line.fields, line.message);
    for (const warning of report.warnings) log.warn(warning);
    observe(report);
  }

  const loop = runLoop({
    clock,
    signal,
    next: due,
    async work(stopping) {
      if (!asked && due() > clock.now()) return;
      using _turn = await gate.begin(source, stopping);
      await mutex.run(async () => {
        // Somebody may have paused it while it waited.
        if (!asked && due() > clock.now()) return;
        asked = false;
        polling = true;
        try {
          await poll(stopping);
        } finally {
          polling = false;
        }
      });
    },
    onError: (error) => log.error({ err: messageOf(error) }, 'the poll could not be completed'),
  });

  return {
    source,
    done: loop.done.then(() => mutex.idle()),
    poll() {
      asked = true;
      loop.poke();
    },
    pause() {
      paused = true;
    },
    resume() {
      paused = false;
      loop.poke();
    },
    between: (action) => mutex.run(() => action(note)),
    forget() {
      note = null;
      suspicion = null;
      held = null;
      finished = false;
    },
    standing: () => ({ note, due: due(), paused, finished, polling, held }),
  };
}
