import { PollhookError } from '../errors.ts';
import type { Store } from './contract.ts';

/**
 * Closing waits for calls under way, closes the store, then calls `released` in any case; later calls are refused.
 *
 * @param requireSound throws if the store has failed
 */
export function closable(store: Store, requireSound: () => void, released: () => Promise<void>): Store {
  let underWay = 0;
  let onIdle = () => {};
  let closing: Promise<void> | null = null;

  function check(): void {
    requireSound();
    if (closing !== null) throw new PollhookError('STATE_UNAVAILABLE', 'the state is closed');
  }

  function whileOpen<A extends unknown[], T>(method: (...args: A) => Promise<T>): (...args: A) => Promise<T> {
    return async (...args) => {
      check();
      underWay += 1;
      try {
        return await method(...args);
      } finally {
        underWay -= 1;
        if (underWay === 0) onIdle();
      }
    };
  }

  async function closeOnce(): Promise<void> {
    if (underWay > 0) await new Promise<void>((resolve) => (onIdle = resolve));
    try {
      await store.close();
    } finally {
      await released();
    }
  }

  const close = () => {
    closing ??= closeOnce();
    return closing;
  };

  return {
    identity: store.identity,
    interrupted: store.interrupted,
    sources: whileOpen(store.sources),
    source: whileOpen(store.source),
    async *digests(name) {
      check();
      yield* store.digests(name);
    },
    values: whileOpen(store.values),
    commit: whileOpen(store.commit),
    note(name, note) {
      check();
      store.note(name, note);
    },
    notes: whileOpen(store.notes),
    reset: whileOpen(store.reset),
    rename: whileOpen(store.rename),
    remember: whileOpen(store.remember),
    memos: whileOpen(store.memos),
    claim: whileOpen(store.claim),
    settle: whileOpen(store.settle),
    webhooks: whileOpen(store.webhooks),
    backlog: whileOpen(store.backlog),
    revive: whileOpen(store.revive),
    drop: whileOpen(store.drop),
    requeue: whileOpen(store.requeue),
    event: whileOpen(store.event),
    events: whileOpen(store.events),
    delivery: whileOpen(store.delivery),
    deliveries: whileOpen(store.deliveries),
    attempts: whileOpen(store.attempts),
    retain: whileOpen(store.retain),
    close,
    [Symbol.asyncDispose]: close,
  };
}
