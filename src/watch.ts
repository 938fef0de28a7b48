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
  /** Where polls wait until their budget allows them to begin. */
  readonly gate: Pick<Gate, 'begin'>;
  /** Decides which of several waiting polls begins first. */
  readonly ranks: Pick<Ranks, 'update'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Whether `until` was already true when the process started. */
  readonly finished: boolean;
  /** Deletions that were held when the process started. */
  readonly held: Doubt | null;
  /** Whether it was paused when the process started. */
  readonly paused: boolean;
  /** Called when polls become due: at the start, when it is resumed, when a finished source begins again. */
  readonly onDue: (source: SourceConfig, note: PollNote | null) => void;
  /**
   * Called when no more polls are due, because it is paused or finished; also after each poll that is requested by
   * hand then.
   */
  readonly onIdle: (source: string) => void;
  /** Called after every poll, once it is stored: for metrics, and to send the new deliveries. */
  readonly observe: (report: PollReport) => void;
}

/** The loop that polls one source, and the ways to control it. */
export interface Watch extends Pick<Loop, 'done'> {
  readonly source: SourceConfig;
  /** Polls once as soon as the budget allows, due or not, paused or not. */
  poll(): void;
  /** Begins no more polls until it is resumed; a poll under way is finished. */
  pause(): void;
  resume(): void;
  /** Runs an action between two polls, never during one. It is given the note of the last poll. */
  between<T>(action: (note: PollNote | null) => Promise<T>): Promise<T>;
  /** Forgets the note and all doubts, after a reset. To be called within `between`. */
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
  /** Deletions that are held, according to the last poll whose answer could be read. */
  readonly held: Doubt | null;
}

/**
 * Polls a source whenever it is due, until the signal aborts.
 *
 * @param first no poll before this time, Unix milliseconds
 * @param last note of the poll before; null before the first
 */
export function watch(source: SourceConfig, first: number, last: PollNote | null, deps: WatchDeps): Watch {
  const { poller, gate, ranks, clock, random, signal, observe } = deps;
  const log = deps.log.child({ source: source.name });
  // On the monotonic clock: a wall clock that is set back must not prolong the spread at the start.
  const start = clock.monotonic() + first - clock.now();
  const mutex = createMutex();
  let note = last;
  let suspicion: string | null = null;
  let { held, finished, paused } = deps;
  let asked = false;
  let polling = false;
  let isDue = false;
  ranks.update(source, note);
  let chance = random();
  tell();

  function tell(): void {
    const wasDue = isDue;
    isDue = !finished && !paused;
    if (signal.aborted) return;
    if (!isDue) deps.onIdle(source.name);
    else if (!wasDue) deps.onDue(source, note);
  }

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
    // A failed poll says nothing about the doubt, and neither it nor a refused answer about `held` and `finished`.
    if (report.result !== 'failed') suspicion = report.suspicion;
    if (report.failure === null) {
      held = report.held;
      finished = report.finished !== null;
    }
    const line = lineOf(report, { ...before, due: due() - clock.now() });
    log[line.level](line.fields, line.message);
    for (const warning of report.warnings) log.warn(warning);
    observe(report);
    tell();
  }

  const loop = runLoop({
    clock,
    signal,
    next: due,
    async work(stopping) {
      if (!asked && due() > clock.now()) return;
      using _turn = await gate.begin(source, stopping);
      await mutex.run(async () => {
        // It may have been paused while it waited.
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
      tell();
    },
    resume() {
      paused = false;
      tell();
      loop.poke();
    },
    between: (action) => mutex.run(() => action(note)),
    forget() {
      note = null;
      suspicion = null;
      held = null;
      finished = false;
      tell();
    },
    standing: () => ({ note, due: due(), paused, finished, polling, held }),
  };
}
