import type { SourceConfig } from '../config/document.ts';
import type { Verdict } from '../detect/contract.ts';
import { heldIn } from '../detect/held.ts';
import { isFinished } from '../detect/until.ts';
import type { JsonObject, SourceState } from '../model.ts';
import { createPoller, type PollerDeps } from '../poll.ts';
import { nextRun } from '../schedule/next.ts';
import { spread } from '../schedule/spread.ts';
import type { Store } from '../store/contract.ts';
import { type Watch, type WatchDeps, watch } from '../watch.ts';

export interface LiveSourcesDeps
  extends Omit<WatchDeps, 'poller' | 'finished' | 'held' | 'paused' | 'signal'> {
  readonly fetcher: PollerDeps['fetcher'];
  readonly store: Pick<Store, 'notes' | 'source' | 'memos' | 'remember' | 'rename'> & PollerDeps['store'];
  /** Called for each source that goes on under another name. */
  readonly onRenamed: (from: string, to: string) => void;
  /** Called for each source that had finished before the start. */
  readonly onFinished: (state: SourceState) => void;
  /** Called for each source that was removed or changed. */
  readonly onStop: (source: string) => void;
}

/** The sources that are polled, by name, and the operator's decisions about held deletions. */
export interface LiveSources {
  readonly watches: ReadonlyMap<string, Watch>;
  readonly verdicts: Map<string, Verdict>;
  /**
   * Applies another configuration. Sources that are the same object as before go on untouched. Polls of changed and
   * removed sources are aborted, unless they are being stored; changed and new sources start, spread out. Resolves
   * when all is done.
   */
  configure(sources: ReadonlyMap<string, SourceConfig>): Promise<void>;
  /** Aborts polls, and resolves when none is under way. */
  stop(): Promise<void>;
}

/** Name of the memo that keeps a source paused. */
export function pauseMemo(source: string): string {
  return `pause:source:${source}`;
}

const VERDICT = 'verdict:source:';

/** Name of the memo that keeps the operator's decision about held deletions. */
export function verdictMemo(source: string): string {
  return VERDICT + source;
}

/** Starts to poll the sources that are enabled, the first polls spread out. */
export async function startSources(
  configured: ReadonlyMap<string, SourceConfig>,
  deps: LiveSourcesDeps,
): Promise<LiveSources> {
  const { fetcher, store, clock, onFinished, onStop } = deps;
  const verdicts = new Map<string, Verdict>();
  const watches = new Map<string, Watch>();
  const stops = new Map<Watch, AbortController>();

  async function start(added: readonly SourceConfig[]): Promise<void> {
    for (const source of added) await carryOver(source, deps);
    const sources = added.filter((source) => source.enabled);
    const [notes, memos] = [await store.notes(), await store.memos()];
    // A renamed source keeps its decision.
    for (const [name, verdict] of verdictsIn(memos)) verdicts.set(name, verdict);
    const finished = await finishedAmong(sources, store);
    for (const state of finished.values()) onFinished(state);
    const isPaused = ({ name }: SourceConfig) => memos.has(pauseMemo(name));
    const isIdle = (source: SourceConfig) => finished.has(source) || isPaused(source);
    const dues = sources.map((source) => {
      const note = notes.get(source.name) ?? null;
      return isIdle(source) ? Number.POSITIVE_INFINITY : note && nextRun(source, note, 0, clock.now());
    });
    const firsts = spread(dues, clock.now());
    for (const [at, source] of sources.entries()) {
      const { name } = source;
      const note = notes.get(name) ?? null;
      const verdict = () => verdicts.get(name) ?? null;
      const poller = createPoller(source, { ...{ fetcher, store, clock, verdict } });
      // Only sources with an error can have held deletions: the others need no further read.
      const held = note?.error == null ? null : heldIn(source, await store.source(name), verdict());
      const stop = new AbortController();
      // An idle source is not spread out: it is polled at once when it is resumed.
      const started = watch(source, isIdle(source) ? clock.now() : (firsts[at] as number), note, {
        ...{ ...deps, poller, signal: stop.signal },
        ...{ held, finished: finished.has(source) },
        paused: isPaused(source),
      });
      // Refused credentials may have been repaired: that is a likely reason for the restart.
      if (note?.refused && !isIdle(source)) started.poll();
      watches.set(name, started);
      stops.set(started, stop);
    }
  }

  async function stop(leaving: Iterable<Watch>): Promise<void> {
    const all = [...leaving];
    for (const one of all) {
      stops.get(one)?.abort();
      onStop(one.source.name);
    }
    await Promise.all(all.map(({ done }) => done));
    for (const one of all) {
      stops.delete(one);
      watches.delete(one.source.name);
    }
  }

  let current = configured;
  await start([...configured.values()]);
  return {
    watches,
    verdicts,
    async configure(sources) {
      const before = current;
      current = sources;
      await stop(watches.values().filter(({ source }) => sources.get(source.name) !== source));
      await start([...sources.values()].filter((source) => before.get(source.name) !== source));
    },
    stop: () => stop(watches.values()),
  };
}

/** Carries the state of a source over to its new name (`moved_from`). */
async function carryOver(
  { name, moved_from: from }: SourceConfig,
  { store, log, onRenamed }: Pick<LiveSourcesDeps, 'store' | 'log' | 'onRenamed'>,
): Promise<void> {
  if (from === undefined) return;
  const outcome = await store.rename(from, name);
  if (outcome === 'renamed') {
    for (const memoOf of [pauseMemo, verdictMemo]) {
      const memo = (await store.memos()).get(memoOf(from));
      if (!memo) continue;
      await store.remember(memoOf(name), memo);
      await store.remember(memoOf(from), null);
    }
    onRenamed(from, name);
    log.info({ source: name }, `continues with the state of ${from}`);
  }
  if (outcome === 'occupied')
    log.warn(
      { source: name },
      `has a state of its own, and ${from} has one too: nothing was carried over; \`pollhook state reset\` removes one of them`,
    );
}

function verdictsIn(memos: ReadonlyMap<string, JsonObject>): Map<string, Verdict> {
  const verdicts = new Map<string, Verdict>();
  for (const [name, { answer, wave }] of memos) {
    if (!name.startsWith(VERDICT) || typeof wave !== 'number') continue;
    if (answer === 'approve' || answer === 'reject')
      verdicts.set(name.slice(VERDICT.length), { answer, wave });
  }
  return verdicts;
}

/** The sources that have finished (`until`). */
async function finishedAmong(sources: readonly SourceConfig[], store: Pick<Store, 'source'>) {
  const finished = new Map<SourceConfig, SourceState>();
  for (const source of sources) {
    const state = source.until === undefined ? null : await store.source(source.name);
    if (state && isFinished(source, state)) finished.set(source, state);
  }
  return finished;
}
