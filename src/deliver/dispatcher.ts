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
  /** Tokens and sessions; its own by default. */
  readonly accesses?: Accesses;
  readonly store: Pick<Store, 'claim' | 'settle' | 'webhooks' | 'backlog' | 'deliveries' | 'revive'> & Memos;
  readonly webhooks: ReadonlyMap<string, WebhookConfig>;
}

/** Sends what is owed to all webhooks, each independent of the others: a dead or slow receiver delays nobody else. */
export interface Dispatcher {
  /** New deliveries were committed for these webhooks, or for any; names without a webhook are ignored. */
  wake(webhooks?: Iterable<string>): void;
  /**
   * Whether nothing is sent to a webhook until somebody acts: it answered 410, is paused or disabled, or is not
   * configured.
   */
  holds(webhook: string): boolean;
  /** Nothing is sent to a webhook before this time (Unix milliseconds), whatever is due; 0 if there is none. */
  waitsUntil(webhook: string): number;
  /** Sends nothing more to a webhook until it is resumed, also after a restart. False if there is none of this name. */
  pause(webhook: string): Promise<boolean>;
  /**
   * Ends a pause, also one that the receiver asked for, or what a 410 or a row of failures led to: then one event is
   * tried at once. False as for `pause`.
   */
  resume(webhook: string): Promise<boolean>;
  /**
   * Goes on with these: what is the same object as before is not touched, what is new starts, what changed starts anew once
   * the last attempts of the one before it have ended, what is gone takes nothing new. Throws CONFIG_INVALID at once, and
   * then nothing has changed; resolves when nothing goes on by an old configuration.
   */
  configure(webhooks: ReadonlyMap<string, WebhookConfig>): Promise<void>;
  /**
   * Takes nothing new and waits for what is under way, at most `grace` milliseconds. What is then unanswered is
   * abandoned and recorded as unknown; it stays pending. Resolves when everything is recorded.
   */
  stop(grace: number): Promise<void>;
}

/** Starts to send at once, with what was left from before. Throws CONFIG_INVALID for a secret that cannot be used. */
export function createDispatcher(deps: DispatcherDeps): Dispatcher {
  const { store, clock, version, http, accesses = createAccesses(clock) } = deps;
  const workers = new Map<string, Worker>();
  /** Those that are replaced or gone, and their webhooks' names, while their last attempts are under way. */
  const leaving = new Map<Worker, { readonly name: string; readonly left: Promise<void> }>();
  let configured: ReadonlyMap<string, WebhookConfig> = new Map();

  function configure(webhooks: ReadonlyMap<string, WebhookConfig>): readonly string[] {
    const changed = [...webhooks.values()].filter((one) => configured.get(one.name) !== one);
    // All of them before the first one starts: a secret that cannot be used must leave everything as it was.
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
      // One after the other: two at once would not know of each other's attempts.
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

  /** What is under way ends by its own timeout; nothing is abandoned. */
  function leave(name: string): void {
    const [worker, timeout] = [workers.get(name), configured.get(name)?.timeout ?? 0];
    workers.delete(name);
    if (!worker) return;
    const left = worker.stop(timeout * 2).finally(() => leaving.delete(worker));
    leaving.set(worker, { name, left });
  }

  /** Says where something is owed, of all webhooks or of these. */
  async function tell(names: readonly string[] | null): Promise<void> {
    const { states, memos } = await recall(store);
    const isPaused = (name: string) => memos.has(pauseMemo(name));
    const owed = (await store.backlog()).filter(({ webhook }) => names?.includes(webhook) ?? true);
    for (const { level, fields, message } of backlogLines(configured, states, isPaused, owed)) {
      deps.log[level](fields, message);
    }
  }

  async function settled(names: readonly string[]): Promise<void> {
    while (leaving.size > 0) await Promise.all([...leaving.values()].map(({ left }) => left));
    if (names.length > 0) await tell(names);
  }

  configure(deps.webhooks);
  // A state that failed stops the process, and says so itself.
  void tell(null).catch(() => undefined);
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
    // Not async: what it throws is thrown at once.
    configure: (webhooks) => settled(configure(webhooks)),
    async stop(grace) {
      await Promise.all([...workers.values(), ...leaving.keys()].map((worker) => worker.stop(grace)));
    },
  };
}

/** How webhooks were left. */
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

/** The memo that keeps a webhook paused. */
export function pauseMemo(webhook: string): string {
  return `pause:webhook:${webhook}`;
}
