import type { Archive } from '../store/archive.ts';
import type { Interventions } from '../store/contract.ts';

/** Deliveries that one step looks at. */
const PAGE = 500;

/**
 * Makes due what earlier failures put off: they were those of another receiver, or of a url that somebody has corrected.
 * What was sent as a batch waits for its time, since it stays together under its id.
 */
export async function beginAnew(
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
