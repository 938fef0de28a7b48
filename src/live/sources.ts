import type { SourceConfig } from '../config/document.ts';
import type { Verdict } from '../detect/contract.ts';
import { heldIn } from '../detect/held.ts';
import { isFinished } from '../detect/until.ts';
import type { Logger } from '../lib/log.ts';
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
  /** Told of each source that had finished before, with where it stands. */
  readonly onFinished: (state: SourceState) => void;
  /** Told of each source that is not polled any more, or not as before. */
  readonly onStop: (source: string) => void;
}

/** The sources that are polled, by name, and what people said about their doubts. */
export interface LiveSources {
  readonly watches: ReadonlyMap<string, Watch>;
  readonly verdicts: Map<string, Verdict>;
  /**
   * Goes on with these: what is the same object as before is not touched; a poll of what changed or is gone is given up,
   * unless it is being stored, and what changed or is new starts, spread out. Resolves when all is done.
   */
  configure(sources: ReadonlyMap<string, SourceConfig>): Promise<void>;
  /** Gives up polls, and resolves when none is under way. */
  stop(): Promise<void>;
}

/** The memo that keeps a source paused. */
export function pauseMemo(source: string): string {
  return `pause:source:${source}`;
}

const VERDICT = 'verdict:source:';

/** The memo that keeps what somebody said about a doubt. */
export function verdictMemo(source: string): string {
  return VERDICT + source;
}

/** Starts to poll the sources that are enabled, the first polls spread out. */
export async function startSources(
  configured: ReadonlyMap<string, SourceConfig>,
  deps: LiveSourcesDeps,
): Promise<LiveSources> {
  const { fetcher, store, clock, log, onFinished, onStop } = deps;
  const verdicts = new Map<string, Verdict>();
  const watches = new Map<string, Watch>();
  const stops = new Map<Watch, AbortController>();

  async function start(added: readonly SourceConfig[]): Promise<void> {
    for (const source of added) await carryOver(source, store, log);
    const sources = added.filter((source) => source.enabled);
    const [notes, memos] = [await store.notes(), await store.memos()];
    // A source that gets another name brings its own.
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
      // Most polls ended well: only of the others more is read.
      const held = note?.error == null ? null : heldIn(source, await store.source(name), verdict());
      const stop = new AbortController();
      // One that is not due at the start is polled at once when that changes.
      const started = watch(source, isIdle(source) ? clock.now() : (firsts[at] as number), note, {
        ...{ ...deps, poller, signal: stop.signal },
        ...{ held, finished: finished.has(source) },
        paused: isPaused(source),
      });
      // Credentials that were refused may have been repaired: that is why somebody starts anew.
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

/** Under its new name a source goes on where it stood under the one before. */
async function carryOver(
  { name, moved_from: from }: SourceConfig,
  store: Pick<Store, 'rename' | 'memos' | 'remember'>,
  log: Logger,
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
    log.info({ source: name }, `goes on with the state of ${from}`);
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

/** Those of which `until` is true: only they are looked up. */
async function finishedAmong(sources: readonly SourceConfig[], store: Pick<Store, 'source'>) {
  const finished = new Map<SourceConfig, SourceState>();
  for (const source of sources) {
    const state = source.until === undefined ? null : await store.source(source.name);
    if (state && isFinished(source, state)) finished.set(source, state);
  }
  return finished;
}
