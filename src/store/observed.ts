import type { Clock } from '../lib/clock.ts';
import type { Commit, Store } from './contract.ts';

/**
 * A store that reports each commit, whoever made it.
 *
 * @param observe called once a commit is durable, with the milliseconds that it took
 */
export function observed(
  store: Store,
  clock: Clock,
  observe: (commit: Commit, duration: number) => void,
): Store {
  return {
    ...store,
    async commit(commit) {
      const began = clock.monotonic();
      const outcome = await store.commit(commit);
      if (outcome === 'committed') observe(commit, clock.monotonic() - began);
      return outcome;
    },
  };
}
