import { ALERT_SOURCE } from '../lib/alert-source.ts';
import type { Archive } from '../store/archive.ts';
import type { DeadLetters } from './webhook.ts';

/** Dead letters that are looked at when the process starts. */
const NEWEST = 100;

/**
 * Dead letters that the process before was killed too early to alert anybody about; null if there are none.
 *
 * @param since when dead letters of this webhook were last reported, Unix milliseconds
 */
export async function unreportedDeadLetters(
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
