import type { Dispatcher as HttpDispatcher } from 'undici';
import type { WebhookConfig } from '../config/document.ts';
import { type Accesses, createAccesses } from '../lib/http/auth/accesses.ts';
import type { WebhookState } from '../model.ts';
import type { Store } from '../store/contract.ts';
import type { Parcel } from './outcome.ts';
import { createRequests } from './request.ts';
import { standing } from './standing.ts';
import { stateAtStart } from './turn.ts';
import { startWorker, type WorkerDependencies } from './worker.ts';

export interface DispatcherDependencies extends Omit<WorkerDependencies, 'http' | 'access'> {
  readonly http: HttpDispatcher | ((webhook: WebhookConfig) => HttpDispatcher);
  /** Tokens and sessions; its own by default. */
  readonly accesses?: Accesses;
  readonly store: Pick<Store, 'claim' | 'settle' | 'webhooks' | 'backlog'>;
  readonly webhooks: ReadonlyMap<string, WebhookConfig>;
}

/** Sends what is owed to all webhooks, each independent of the others: a dead or slow receiver delays nobody else. */
export interface Dispatcher {
  /** New deliveries were committed for these webhooks; names without a webhook are ignored. */
  wake(webhooks: Iterable<string>): void;
  /** Whether nothing is sent to a webhook until somebody acts: it answered 410, is disabled, or is not configured. */
  holds(webhook: string): boolean;
  /**
   * Takes nothing new and waits for what is under way, at most `grace` milliseconds. What is then unanswered is
   * abandoned and recorded as unknown; it stays pending. Resolves when everything is recorded.
   */
  stop(grace: number): Promise<void>;
}

/** Starts to send at once, with what was left from before. Throws CONFIG_INVALID for a secret that cannot be used. */
export function createDispatcher(deps: DispatcherDependencies): Dispatcher {
  const { webhooks, clock, version, http, accesses = createAccesses(clock) } = deps;
  // All of them before the first one starts: a secret that cannot be used must not leave workers behind.
  const prepared = [...webhooks.values()].map((webhook) => {
    const request = createRequests(webhook, version);
    return { webhook, requests: ([delivery]: Parcel, at: number) => request(delivery, at) };
  });
  const stored = recall(deps);
  const workers = new Map(
    prepared.map(({ webhook, requests }) => {
      const initial = stored.then((states) => stateAtStart(webhook, states.get(webhook.name), clock.now()));
      return [
        webhook.name,
        startWorker(webhook, requests, initial, {
          ...deps,
          http: typeof http === 'function' ? http(webhook) : http,
          access: accesses.of(webhook.auth),
        }),
      ] as const;
    }),
  );
  return {
    wake(names) {
      for (const name of names) workers.get(name)?.wake();
    },
    holds: (name) => workers.get(name)?.holds() ?? true,
    async stop(grace) {
      await Promise.all(workers.values().map((worker) => worker.stop(grace)));
    },
  };
}

/** How webhooks were left; says where something is owed. */
async function recall({ store, webhooks, log }: DispatcherDependencies): Promise<Map<string, WebhookState>> {
  const states = new Map((await store.webhooks()).map((state) => [state.name, state]));
  for (const { level, fields, message } of standing(webhooks, states, await store.backlog())) {
    log[level](fields, message);
  }
  return states;
}
