import { hash } from 'node:crypto';

/**
 * The header of W3C Trace Context, version 00. All attempts of an event at all webhooks are one trace, whose id is
 * the beginning of the SHA-256 of the `webhook-id`, so that one can be found by the other. Each attempt is a span of
 * its own. The sampled flag is set: without it, receivers that respect it record nothing.
 *
 * @param id of the event, or of the batch
 * @param attempt identifies the attempt: webhook, number and time
 */
export function traceparentOf(id: string, attempt: string): string {
  return `00-${hash('sha256', id).slice(0, 32)}-${hash('sha256', `${id} ${attempt}`).slice(0, 16)}-01`;
}
