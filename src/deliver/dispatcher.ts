import type { WebhookConfig } from '../config/document.ts';
import type { Store } from '../store/contract.ts';
import { stateAtStart } from './turn.ts';
import { startWorker, type WorkerDependencies } from './worker.ts';

export interface DispatcherDependencies extends WorkerDependencies {
  readonly store: Pick<Store, 'claim' | 'settle' | 'webhooks'>;
  readonly webhooks: ReadonlyMap<string, WebhookConfig>;
}

/** Sends what is owed to all webhooks, each independent of the others: a dead or slow receiver delays nobody else. */
export interface Dispatcher {
  /** New deliveries were committed for these webhooks; names without a webhook are ignored. */
  wake(webhooks: Iterable<string>): void;
  /**
   * Takes nothing new and waits for what is under way, at most `grace` milliseconds. What is then unanswered is
   * abandoned and recorded as unknown; it stays pending. Resolves when everything is recorded.
   */
  stop(grace: number): Promise<void>;
}

/** Starts to send at once, with what was left from before. Throws CONFIG_INVALID for a secret that cannot be used. */
export function createDispatcher(deps: DispatcherDependencies): Dispatcher {
  const { webhooks, store, clock } = deps;
  const stored = store.webhooks().then((states) => new Map(states.map((state) => [state.name, state])));
  const workers = new Map(
    webhooks.entries().map(([name, webhook]) => {
      const initial = stored.then((states) => stateAtStart(webhook, states.get(name), clock.now()));
      return [name, startWorker(webhook, initial, deps)] as const;
    }),
  );
  return {
    wake(names) {
      for (const name of names) workers.get(name)?.wake();
    },
    async stop(grace) {
      await Promise.all(workers.values().map((worker) => worker.stop(grace)));
    },
  };
}
