import type { Commit } from '../../src/store/contract.ts';
import { apply, commitsOf } from '../frame/commits.ts';
import { ratioFigure, type Side, sideBySide } from '../frame/measure.ts';
import type { Figure, Row } from '../frame/row.ts';
import { eachKind, type Kind, openSite } from '../frame/site.ts';

const CHANGED = 10;
const SMALL = 1000;
const LARGE = 100_000;
const OPERATIONS: { readonly [kind in Kind]: number } = { json: 1, sqlite: 10 };

async function growth(kind: Kind): Promise<readonly Figure[]> {
  await using site = await openSite(kind, {
    sources: { small: { url: '/tickets/small' }, large: { url: '/tickets/large' } },
    webhooks: { hook: { url: '/hook/a' } },
  });
  await using store = await site.openStore();
  const operations = OPERATIONS[kind];
  const side = async (name: string, count: number): Promise<Side> => {
    const commits = commitsOf(site.source(name), store.identity, count);
    await apply(store, commits.first());
    let ready: Commit[] = [];
    return {
      operations,
      async prepare() {
        ready = Array.from({ length: operations }, () => commits.next(CHANGED));
      },
      async run() {
        for (const commit of ready) await apply(store, commit);
      },
    };
  };
  const [large, small] = [await side('large', LARGE), await side('small', SMALL)];
  const comparison = await sideBySide(large, small, { rounds: 11, turns: 4 });
  return [ratioFigure(comparison, kind === 'sqlite' ? { most: 1.5 } : null)];
}

export const commitGrowth: Row = {
  name: 'commit-growth',
  what: 'Growth of a commit with the snapshot: 10 changed of 1 000 → 100 000 records',
  against: 'the commit at 1 000 records',
  method:
    'Two sources in one state, of 1 000 and of 100 000 tickets; each commit changes 10 of them, with 10 events and 10 deliveries. The commits are made beforehand and only their durable writing is measured. JSON files write the whole snapshot at each commit, which is why there is no goal for them.',
  cases: eachKind(growth),
};
