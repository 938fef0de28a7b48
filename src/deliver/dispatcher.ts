import type { Dispatcher as HttpDispatcher } from 'undici';
import type { WebhookConfig } from '../config/document.ts';
import { type Accesses, createAccesses } from '../lib/http/auth/accesses.ts';
import type { JsonObject, WebhookState } from '../model.ts';
import type { Memos, Store } from '../store/contract.ts';
import { backlogLines } from './backlog-lines.ts';
import { retryAtNewUrl } from './new-url.ts';
import { createPace, paceMemo } from './pace.ts';
import { createRequests } from './request.ts';
import { isElsewhere, stateAtStart } from './turn.ts';
import { type Beginning, startWorker, type Worker, type WorkerDeps } from './worker.ts';

export interface DispatcherDeps extends Omit<WorkerDeps, 'http' | 'access'> {
  readonly http: HttpDispatcher | ((webhook: WebhookConfig) => HttpDispatcher);
  /** Tokens and sessions, shared with other parts; its own by default. */
  readonly accesses?: Accesses;
  readonly store: Pick<Store, 'claim' | 'settle' | 'webhooks' | 'backlog' | 'deliveries' | 'revive'> & Memos;
  readonly webhooks: ReadonlyMap<string, WebhookConfig>;
}

/** Sends deliveries to all webhooks, each independently: a dead or slow receiver delays no other. */
export interface Dispatcher {
  /** New deliveries were committed for these webhooks, or for any; names without a webhook are ignored. */
  wake(webhooks?: Iterable<string>): void;
  /**
   * Whether nothing is sent to a webhook until a person acts: it answered 410, is paused, disabled or not configured.
   */
  holds(webhook: string): boolean;
  /** The time (Unix milliseconds) before which nothing is sent to a webhook, whatever is due; 0 if there is none. */
  waitsUntil(webhook: string): number;
  /** Pauses a webhook until it is resumed, over restarts too. False if there is no such webhook. */
  pause(webhook: string): Promise<boolean>;
  /**
   * Ends a pause, also one that the receiver asked for. A webhook that was held after a 410 or is failing gets a single
   * attempt at once. False if there is no such webhook.
   */
  resume(webhook: string): Promise<boolean>;
  /**
   * Applies another configuration. Webhooks that are the same object as before go on untouched, new ones start, changed
   * ones start once the last attempts by their old configuration have ended, and removed ones begin no more attempts.
   * Throws CONFIG_INVALID at once, and then nothing has changed. Resolves when the last old attempt has ended.
   */
  configure(webhooks: ReadonlyMap<string, WebhookConfig>): Promise<void>;
  /**
   * Begins no more attempts and waits at most `grace` milliseconds for those under way. Attempts that are then
   * unanswered are aborted and recorded as unknown; their deliveries stay pending. Resolves when everything is
   * recorded.
   */
  stop(grace: number): Promise<void>;
}

/**
 * Starts to send at once, pending deliveries of the process before included. Throws CONFIG_INVALID for an unusable
 * secret.
 */
export function createDispatcher(deps: DispatcherDeps): Dispatcher {
  const { store, clock, version, http, accesses = createAccesses(clock) } = deps;
  const workers = new Map<string, Worker>();
  /** Workers that were replaced or removed, while their last attempts are under way. */
  const leaving = new Map<Worker, { readonly name: string; readonly left: Promise<void> }>();
  let configured: ReadonlyMap<string, WebhookConfig> = new Map();

  function configure(webhooks: ReadonlyMap<string, WebhookConfig>): readonly string[] {
    const changed = [...webhooks.values()].filter((one) => configured.get(one.name) !== one);
    // All are prepared before the first one starts: an unusable secret must leave everything as it was.
    const prepared = changed.map((webhook) => ({ webhook, requestFor: createRequests(webhook, version) }));
    const removed = [...configured.values()].filter(({ name }) => !webhooks.has(name));
    for (const { name } of [...removed, ...changed]) leave(name);
    let found: Promise<Left> | null = null;
    const recalled = () => {
      found ??= recall(store);
      return found;
    };
    for (const { webhook, requestFor } of prepared) {
      const before = [...leaving.values()].filter(({ name }) => name === webhook.name);
      // The new worker waits for the old one: they do not know of each other's attempts.
      const left =
        before.length > 0 ? Promise.all(before.map((one) => one.left)).then(() => recall(store)) : recalled();
      const worker = startWorker(
        webhook,
        requestFor,
        left.then((known) => beginningOf(webhook, known, deps)),
        {
          ...deps,
          http: typeof http === 'function' ? http(webhook) : http,
          access: accesses.of(webhook.auth),
        },
      );
      workers.set(webhook.name, worker);
    }
    configured = webhooks;
    return [...removed, ...changed].map(({ name }) => name);
  }

  /** Attempts under way end by their own timeout; none is aborted. */
  function leave(name: string): void {
    const [worker, timeout] = [workers.get(name), configured.get(name)?.timeout ?? 0];
    workers.delete(name);
    if (!worker) return;
    const left = worker.stop(timeout * 2).finally(() => leaving.delete(worker));
    leaving.set(worker, { name, left });
  }

  /** Logs what is pending for these webhooks; null: for all. */
  async function logBacklog(names: readonly string[] | null): Promise<void> {
    const { states, memos } = await recall(store);
    const isPaused = (name: string) => memos.has(pauseMemo(name));
    const owed = (await store.backlog()).filter(({ webhook }) => names?.includes(webhook) ?? true);
    for (const { level, fields, message } of backlogLines(configured, states, isPaused, owed)) {
      deps.log[level](fields, message);
    }
  }

  async function settled(names: readonly string[]): Promise<void> {
    while (leaving.size > 0) await Promise.all([...leaving.values()].map(({ left }) => left));
    if (names.length > 0) await logBacklog(names);
  }

  configure(deps.webhooks);
  // A store that failed stops the process, and reports that itself.
  void logBacklog(null).catch(() => undefined);
  return {
    wake(names = workers.keys()) {
      for (const name of names) workers.get(name)?.wake();
    },
    holds: (name) => workers.get(name)?.holds() ?? true,
    waitsUntil: (name) => workers.get(name)?.waitsUntil() ?? 0,
    async pause(name) {
      if (!workers.has(name)) return false;
      await store.remember(pauseMemo(name), { since: clock.now() });
      workers.get(name)?.pause();
      return true;
    },
    async resume(name) {
      if (!workers.has(name)) return false;
      await store.remember(pauseMemo(name), null);
      await workers.get(name)?.resume();
      return true;
    },
    // Not async, so that it throws instead of rejecting.
    configure: (webhooks) => settled(configure(webhooks)),
    async stop(grace) {
      await Promise.all([...workers.values(), ...leaving.keys()].map((worker) => worker.stop(grace)));
    },
  };
}

/** What is stored of the webhooks. */
interface Left {
  readonly states: ReadonlyMap<string, WebhookState>;
  readonly memos: ReadonlyMap<string, JsonObject>;
}

async function recall(store: Pick<Store, 'webhooks'> & Memos): Promise<Left> {
  const states = new Map((await store.webhooks()).map((state) => [state.name, state]));
  return { states, memos: await store.memos() };
}

async function beginningOf(
  webhook: WebhookConfig,
  { states, memos }: Left,
  { store, clock }: DispatcherDeps,
): Promise<Beginning> {
  const { name } = webhook;
  const state = states.get(name);
  if (state && isElsewhere(webhook, state)) await retryAtNewUrl(name, store);
  return {
    state: stateAtStart(webhook, state, clock.now()),
    paused: memos.has(pauseMemo(name)),
    pace: createPace(webhook, memos.get(paceMemo(name)), store, clock),
  };
}

/** Name of the memo that keeps a webhook paused. */
export function pauseMemo(webhook: string): string {
  return `pause:webhook:${webhook}`;
}
