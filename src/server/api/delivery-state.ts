import type { Delivery } from '../../model.ts';
import type { WebhookControl } from '../control.ts';
import type { DELIVERY_STATES } from './schemas.ts';

/** What is pending for a webhook to which nothing is sent is shown as held. */
export function stateOf(
  { state, webhook }: Pick<Delivery, 'state' | 'webhook'>,
  webhooks: Pick<WebhookControl, 'holds'>,
): (typeof DELIVERY_STATES)[number] {
  return state === 'pending' && webhooks.holds(webhook) ? 'held' : state;
}
