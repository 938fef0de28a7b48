import { hash } from 'node:crypto';

/**
 * The header of W3C Trace Context, version 00. Whatever happens because of an event is one trace, over all its attempts
 * and webhooks: its id is the beginning of the SHA-256 of the `webhook-id`, so that whoever knows the one knows the
 * other. Each attempt is a span of its own. The sampled flag is set: without it, receivers that follow it keep nothing.
 *
 * @param id of the event, or of the batch
 * @param attempt what no other attempt has: webhook, number and time
 */
export function traceparentOf(id: string, attempt: string): string {
  return `00-${hash('sha256', id).slice(0, 32)}-${hash('sha256', `${id} ${attempt}`).slice(0, 16)}-01`;
}
