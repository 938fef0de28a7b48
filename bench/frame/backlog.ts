import { apply, type Commits, commitsOf } from './commits.ts';
import type { Site } from './site.ts';

/** Commits that are under way at once. */
const TOGETHER = 20;

/**
 * Makes a state with the first snapshots of all sources whose names begin with `desk`, and with events of them that
 * nobody has delivered.
 *
 * @param records of each source
 * @param rounds how often each record of each source has changed
 * @returns how many deliveries are pending
 */
export async function makeBacklog(site: Site, records: number, rounds: number): Promise<number> {
  await using store = await site.openStore();
  const sources = [...site.config.sources.values()].filter(({ name }) => name.startsWith('desk'));
  const desks = sources.map((source) => commitsOf(source, store.identity, records));
  const all = async (take: (commits: Commits) => ReturnType<Commits['first']>) => {
    for (let at = 0; at < desks.length; at += TOGETHER) {
      await Promise.all(desks.slice(at, at + TOGETHER).map((commits) => apply(store, take(commits))));
    }
  };
  await all((commits) => commits.first());
  for (let round = 0; round < rounds; round += 1) await all((commits) => commits.next(records));
  const backlog = await store.backlog();
  return backlog.reduce((sum, { pending }) => sum + pending, 0);
}
