import type { Pagination } from '../../config/paginate.ts';
import { insteadOf } from '../../decode/describe.ts';
import { followed } from '../../fetch/paginate/pager.ts';
import { parsePath } from '../../lib/path.ts';
import type { Snapshot } from '../snapshot.ts';

/**
 * Notices a paginated source whose answers never point to a next page: perhaps the link is looked for in the wrong
 * place.
 */
export interface NoNextPageHint {
  /** Warnings after a reading, given once. */
  after(snapshot: Pick<Snapshot, 'pages' | 'document'>): Promise<string[]>;
}

/** A shorter list fits on one page of almost every server, and then there is no link to a next one. */
const SHORTEST = 10;

export function createNoNextPageHint(paginate: Pagination | undefined): NoNextPageHint {
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
