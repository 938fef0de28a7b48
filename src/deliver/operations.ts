import { messageOf, PollhookError } from '../errors.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { JsonObject } from '../model.ts';
import type { Archive } from '../store/archive.ts';
import type { Intervention, Interventions, Memos, Store } from '../store/contract.ts';
import type { Dispatcher } from './dispatcher.ts';

export interface OperationsDeps {
  readonly store: Pick<Store, 'backlog'> & Memos & Interventions & Pick<Archive, 'delivery'>;
  readonly dispatcher: Pick<Dispatcher, 'wake'>;
  readonly webhooks: () => Iterable<string>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called with the number of deliveries that somebody dropped. */
  readonly onDropped: (webhook: string, count: number) => void;
}

/** Retry, drop and replay of deliveries, by a person. */
export interface Operations {
  /** Makes dead, dropped, superseded and pending deliveries due now, at the first step of their schedule. */
  retry(deliveries: readonly string[]): Promise<ReadonlyMap<string, Intervention>>;
  /** Gives up dead and pending deliveries. */
  drop(deliveries: readonly string[]): Promise<ReadonlyMap<string, Intervention>>;
  /**
   * Delivers again, under the same ids, the kept events that were committed for a webhook since a time (Unix
   * milliseconds). Runs page by page, over restarts too; fresh events come first. `busy`: a replay is under way
   * already.
   */
  replay(webhook: string, since: number): Promise<'started' | 'busy' | 'unknown'>;
  /** The replays under way. */
  replays(): readonly Replay[];
  /** Interrupts replays, which go on at the next start. */
  stop(): Promise<void>;
}

export interface Replay {
  readonly webhook: string;
  readonly since: number;
  /** When it was asked for: later events are no part of it. */
  readonly until: number;
  /** The last delivery that was read; null at the beginning. */
  readonly after: string | null;
  /** Deliveries made pending so far. */
  readonly requeued: number;
}

/** Deliveries that one step of a replay reads. */
const PAGE = 100;

/** A replay waits while a webhook has so many pending deliveries, so that fresh events need not wait long. */
const MOST_PENDING = 200;

/** Milliseconds until a waiting replay looks again. */
const LOOK_AGAIN = 1000;

/** So many deliveries are logged one by one; of more only the number is logged. */
const MOST_LOGGED = 20;

/** Resumes the replays that the process before was interrupted in. */
export async function createOperations(deps: OperationsDeps): Promise<Operations> {
  const { store, dispatcher, webhooks, clock, log, onDropped } = deps;
  const replays = new Map<string, Replay>();
  const running = new Set<Promise<void>>();
  const stopping = new AbortController();

  for (const [name, memo] of await store.memos()) {
    const replay = name.startsWith(MEMO) ? replayOf(name.slice(MEMO.length), memo) : null;
    if (replay) start(replay);
  }

  function start(replay: Replay): void {
    replays.set(replay.webhook, replay);
    const work = proceed(replay)
      .catch((error: unknown) => {
        // A store that failed stops the process, and reports that itself.
        if (!(error instanceof PollhookError)) log.error({ err: messageOf(error) }, 'a replay stopped');
      })
      .finally(() => running.delete(work));
    running.add(work);
  }

  async function proceed(from: Replay): Promise<void> {
    const { webhook, since, until } = from;
    let replay = from;
    while (!stopping.signal.aborted) {
      if ((await pendingOf(webhook)) >= MOST_PENDING) {
        await clock.sleep(LOOK_AGAIN, stopping.signal);
        continue;
      }
      const { requeued, next } = await store.requeue({
        ...{ webhook, since, until, limit: PAGE },
        ...(replay.after !== null && { after: replay.after }),
      });
      dispatcher.wake([webhook]);
      replay = { ...replay, after: next, requeued: replay.requeued + requeued };
      if (next === null) {
        replays.delete(webhook);
        await store.remember(MEMO + webhook, null);
        log.info({ webhook, events: replay.requeued }, 'replay finished: all its events are queued again');
        return;
      }
      replays.set(webhook, replay);
      await store.remember(MEMO + webhook, memoOf(replay));
    }
  }

  async function pendingOf(webhook: string): Promise<number> {
    return (await store.backlog()).find((one) => one.webhook === webhook)?.pending ?? 0;
  }

  async function drop(ids: readonly string[]): Promise<ReadonlyMap<string, Intervention>> {
    const results = await store.drop(ids);
    const dropped = await Promise.all(
      [...results].filter(([, result]) => result === 'done').map(([id]) => store.delivery(id)),
    );
    const counts = Map.groupBy(
      dropped.filter((one) => one !== null),
      ({ webhook }) => webhook,
    );
    for (const [webhook, all] of counts) {
      if (all.length > MOST_LOGGED) log.info({ webhook, deliveries: all.length }, 'dropped by hand');
      else
        for (const { event } of all)
          log.info({ webhook, source: event.source, event_id: event.id }, 'dropped by hand');
      onDropped(webhook, all.length);
    }
    // Deliveries that waited behind them may be due now.
    dispatcher.wake(counts.keys());
    return results;
  }

  return {
    async retry(ids) {
      const results = await store.revive(ids);
      const done = [...results].filter(([, result]) => result === 'done').map(([id]) => id);
      if (done.length > MOST_LOGGED) log.info({ deliveries: done.length }, 'retried by hand');
      else for (const delivery of done) log.info({ delivery }, 'retried by hand');
      dispatcher.wake(webhooks());
      return results;
    },
    drop,
    async replay(webhook, since) {
      if (![...webhooks()].includes(webhook)) return 'unknown';
      if (replays.has(webhook)) return 'busy';
      const replay = { webhook, since, until: clock.now(), after: null, requeued: 0 };
      // Before the first await, so that a second call finds it.
      replays.set(webhook, replay);
      await store.remember(MEMO + webhook, memoOf(replay));
      start(replay);
      return 'started';
    },
    replays: () => [...replays.values()],
    async stop() {
      stopping.abort();
      await Promise.all(running);
    },
  };
}

const MEMO = 'replay:';

function memoOf({ since, until, after, requeued }: Replay): JsonObject {
  return { since, until, after, requeued };
}

/** Reads a memo; null if it is not one of a replay. */
function replayOf(webhook: string, { since, until, after, requeued }: JsonObject): Replay | null {
  if (typeof since !== 'number' || typeof until !== 'number') return null;
  return {
    ...{ webhook, since, until },
    after: typeof after === 'string' ? after : null,
    requeued: typeof requeued === 'number' ? requeued : 0,
  };
}
