import type { Archive } from '../store/archive.ts';
import type { Interventions } from '../store/contract.ts';

/** Deliveries that one step reads. */
const PAGE = 500;

/**
 * After the `url` of a webhook was changed, makes its failed deliveries due at once: the failures were those of another
 * receiver, or of a mistyped url. Batches that were attempted keep their schedule, since they stay together under their id.
 */
export async function retryAtNewUrl(
  webhook: string,
  store: Pick<Archive, 'deliveries'> & Pick<Interventions, 'revive'>,
): Promise<void> {
  let after: string | null = null;
  do {
    const slice = { limit: PAGE, ...(after !== null && { after }) };
    const page = await store.deliveries({ webhook, state: 'pending', ...slice });
    const tried = page.items.filter(({ attempts, batch }) => attempts > 0 && batch === null);
    if (tried.length > 0) await store.revive(tried.map(({ id }) => id));
    after = page.next;
  } while (after !== null);
}
