import { ALERT_SOURCE } from '../lib/alert-source.ts';
import type { Archive } from '../store/archive.ts';
import type { DeadLetters } from './webhook.ts';

/** So many are looked at when the process starts. */
const NEWEST = 100;

/**
 * Dead letters that a process which was killed did not come to tell of; null if there are none.
 *
 * @param since when some of this webhook were last told, Unix milliseconds
 */
export async function untold(
  webhook: string,
  since: number,
  store: Pick<Archive, 'deliveries' | 'attempts'>,
): Promise<DeadLetters | null> {
  const { items } = await store.deliveries({ webhook, state: 'dead', newest: true, limit: NEWEST });
  const found: Omit<DeadLetters, 'count'>[] = [];
  for (const delivery of items) {
    const last = (await store.attempts(delivery.id))?.at(-1);
    if (!last || delivery.event.source === ALERT_SOURCE) continue;
    // The times of the clock are whole, durations are not.
    if (Math.floor(last.at + last.duration) > since) found.push({ newest: delivery, error: last.error });
  }
  const [first] = found;
  return first ? { ...first, count: found.length } : null;
}
