import type { Dispatcher as HttpDispatcher } from 'undici';
import type { WebhookConfig } from '../config/document.ts';
import { type Accesses, createAccesses } from '../lib/http/auth/accesses.ts';
import type { JsonObject, WebhookState } from '../model.ts';
import type { Memos, Store } from '../store/contract.ts';
import { beganOf, createPace, paceMemo, remembering } from './pace.ts';
import { createRequests } from './request.ts';
import { standing } from './standing.ts';
import { stateAtStart } from './turn.ts';
import { type Beginning, startWorker, type WorkerDependencies } from './worker.ts';

export interface DispatcherDependencies extends Omit<WorkerDependencies, 'http' | 'access'> {
  readonly http: HttpDispatcher | ((webhook: WebhookConfig) => HttpDispatcher);
  /** Tokens and sessions; its own by default. */
  readonly accesses?: Accesses;
  readonly store: Pick<Store, 'claim' | 'settle' | 'webhooks' | 'backlog'> & Memos;
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
  /** Sends nothing more to a webhook until it is resumed, also after a restart. False if there is none of this name. */
  pause(webhook: string): Promise<boolean>;
  /**
   * Ends a pause, also one that the receiver asked for, or what a 410 or a row of failures led to: then one event is
   * tried at once. False as for `pause`.
   */
  resume(webhook: string): Promise<boolean>;
  /**
   * Takes nothing new and waits for what is under way, at most `grace` milliseconds. What is then unanswered is
   * abandoned and recorded as unknown; it stays pending. Resolves when everything is recorded.
   */
  stop(grace: number): Promise<void>;
}

/** Starts to send at once, with what was left from before. Throws CONFIG_INVALID for a secret that cannot be used. */
export function createDispatcher(deps: DispatcherDependencies): Dispatcher {
  const { store, webhooks, clock, version, http, accesses = createAccesses(clock) } = deps;
  // All of them before the first one starts: a secret that cannot be used must not leave workers behind.
  const prepared = [...webhooks.values()].map((webhook) => ({
    webhook,
    requestFor: createRequests(webhook, version),
  }));
  const left = recall(deps);
  const workers = new Map(
    prepared.map(({ webhook, requestFor }) => {
      const beginning = left.then((found) => beginningOf(webhook, found, deps));
      return [
        webhook.name,
        startWorker(webhook, requestFor, beginning, {
          ...deps,
          http: typeof http === 'function' ? http(webhook) : http,
          access: accesses.of(webhook.auth),
        }),
      ] as const;
    }),
  );
  return {
    wake(names = workers.keys()) {
      for (const name of names) workers.get(name)?.wake();
    },
    holds: (name) => workers.get(name)?.holds() ?? true,
    async pause(name) {
      if (!workers.has(name)) return false;
      await store.remember(pauseMemo(name), { since: clock.now() });
      workers.get(name)?.pause();
      return true;
    },
    async resume(name) {
      if (!workers.has(name)) return false;
      await store.remember(pauseMemo(name), null);
      workers.get(name)?.resume();
      return true;
    },
    async stop(grace) {
      await Promise.all(workers.values().map((worker) => worker.stop(grace)));
    },
  };
}

/** What the process before left. */
interface Left {
  readonly states: ReadonlyMap<string, WebhookState>;
  readonly memos: ReadonlyMap<string, JsonObject>;
}

/** How webhooks were left; says where something is owed. */
async function recall({ store, webhooks, log }: DispatcherDependencies): Promise<Left> {
  const states = new Map((await store.webhooks()).map((state) => [state.name, state]));
  const memos = await store.memos();
  const isPaused = (name: string) => memos.has(pauseMemo(name));
  for (const { level, fields, message } of standing(webhooks, states, isPaused, await store.backlog())) {
    log[level](fields, message);
  }
  return { states, memos };
}

function beginningOf(
  webhook: WebhookConfig,
  { states, memos }: Left,
  { store, clock }: DispatcherDependencies,
): Beginning {
  const { name, rate } = webhook;
  const pace = createPace(rate, beganOf(memos.get(paceMemo(name)), clock));
  return {
    state: stateAtStart(webhook, states.get(name), clock.now()),
    paused: memos.has(pauseMemo(name)),
    pace: rate ? remembering(pace, name, store, clock) : pace,
  };
}

/** The memo that keeps a webhook paused. */
export function pauseMemo(webhook: string): string {
  return `pause:webhook:${webhook}`;
}
