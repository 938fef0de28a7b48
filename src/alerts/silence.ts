import type { SourceConfig } from '../config/document.ts';
import type { Clock } from '../lib/clock.ts';
import type { PollNote } from '../model.ts';
import type { PollReport } from '../poll-report.ts';
import { type Loop, runLoop } from '../schedule/loop.ts';
import { staleAt } from '../schedule/stale.ts';

/** Milliseconds after the start before which no source is called stale: overdue sources are polled first. */
const AFTER_START = 60_000;

/** Milliseconds between two checks at least, which is affordable for thousands of sources. */
const LEAST_WAIT = 1000;

/** Watches for sources without a successful poll for too long (`stale_after`). */
export interface SilenceWatch {
  readonly done: Loop['done'];
  /** @param last what its last poll left behind; null before the first */
  add(source: SourceConfig, last: PollNote | null): void;
  /** It is not polled any more: removed, paused or finished. */
  remove(source: string): void;
  observePoll(report: PollReport): void;
}

interface Watched {
  readonly source: SourceConfig;
  succeeded: number | null;
  /** Infinity once it was reported, until the next success. */
  due: number;
}

/**
 * Until the signal aborts.
 *
 * @param stale called once per silence
 * @param tick called at every check, at least twice a minute
 */
export function watchSilence({
  clock,
  signal,
  stale,
  tick,
  onError,
}: {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly stale: (source: string, since: number | null) => void;
  readonly tick: () => void;
  readonly onError: (error: unknown) => void;
}): SilenceWatch {
  const watched = new Map<string, Watched>();
  let next = clock.now() + AFTER_START / 2;
  const loop = runLoop({
    clock,
    signal,
    next: () => Math.min(next, clock.now() + AFTER_START / 2),
    async work() {
      const now = clock.now();
      let earliest = now + AFTER_START / 2;
      for (const [name, one] of watched) {
        if (one.due <= now) {
          one.due = Number.POSITIVE_INFINITY;
          stale(name, one.succeeded);
        }
        earliest = Math.min(earliest, one.due);
      }
      next = Math.max(earliest, now + LEAST_WAIT);
      tick();
    },
    onError,
  });

  /** The loop may be asleep until later. */
  function lookAt(due: number): void {
    if (due >= next) return;
    next = due;
    loop.poke();
  }

  return {
    done: loop.done,
    add(source, last) {
      const now = clock.now();
      const succeeded = last?.succeeded ?? null;
      const soonest = Math.min(now + AFTER_START, staleAt(source, now));
      const due = Math.max(staleAt(source, Math.min(succeeded ?? now, now)), soonest);
      watched.set(source.name, { source, succeeded, due });
      lookAt(due);
    },
    remove(name) {
      watched.delete(name);
    },
    observePoll({ source: name, result, at }) {
      const one = watched.get(name);
      if (!one || result === 'failed' || result === 'suspect') return;
      one.succeeded = at;
      one.due = staleAt(one.source, at);
      lookAt(one.due);
    },
  };
}
