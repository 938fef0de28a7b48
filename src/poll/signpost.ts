import type { Pagination } from '../config/paginate.ts';
import { insteadOf } from '../decode/there.ts';
import { followed } from '../fetch/paginate/pager.ts';
import { parsePath } from '../lib/path.ts';
import type { Snapshot } from './snapshot.ts';

/** Watches for a list whose answers never say where it goes on: there is no more of it, or it is looked for elsewhere. */
export interface Signpost {
  /** What to tell the operator after a reading; once. */
  after(snapshot: Pick<Snapshot, 'pages' | 'document'>): Promise<string[]>;
}

/** Records of a page: most servers give as many or more, and leave out where a list of fewer goes on. */
const SHORTEST = 10;

export function createSignpost(paginate: Pagination | undefined): Signpost {
  const type = paginate?.type;
  const watched = type === 'link' || type === 'next' || type === 'cursor';
  const path = paginate && followed(paginate);
  let settled = !watched;
  return {
    async after({ pages, document }) {
      if (settled) return [];
      const facts = [...pages.values()].flatMap((page) => page.facts ?? []);
      settled = facts.some(({ link, there }) => (path ? there !== undefined : link !== null));
      const records = facts.reduce((sum, { keys }) => sum + keys.length, 0);
      if (settled || records < SHORTEST) return [];
      settled = true;
      const missing = path
        ? `nothing is at "${path}", where \`paginate\` looks for the next page`
        : 'the answer has no Link header, where `paginate` looks for the next page';
      const instead = path ? insteadOf(await document(), parsePath(path)) : '';
      return [`${missing}; make sure that one page is the whole list${instead}`];
    },
  };
}
