import type { WebhookConfig } from '../config/document.ts';
import { isJsonType } from '../lib/media-type.ts';
import type { Archive, KeptEvent } from '../store/archive.ts';
import { createFormat } from './format/format.ts';

/** A page of a webhook's events, for a receiver that lost data. */
export type Feed =
  | {
      readonly kind: 'page';
      /** `{"items":[{"id","state","body"}],"next"}` of the wire contract, every digit of a body kept. */
      readonly json: string;
      /** `after` of the next page; null for the last. */
      readonly next: string | null;
    }
  /** The event `after` is unknown or no longer kept: the receiver may go on at `oldest`, null if nothing is kept. */
  | { readonly kind: 'gone'; readonly oldest: string | null };

/**
 * The committed events of a webhook in their order, delivered or not, with the ids and bodies of their deliveries. A
 * body that is not JSON is given as a string; one that cannot be made as null, with the reason beside it.
 *
 * @param held whether pending deliveries of the webhook wait until a person acts
 */
export async function feedOf(
  webhook: Pick<WebhookConfig, 'name' | 'format' | 'cloudevents_source'>,
  { after, limit }: { readonly after?: string; readonly limit: number },
  held: boolean,
  store: Pick<Archive, 'events'>,
): Promise<Feed> {
  const found = await store.events({ webhook: webhook.name, limit, ...(after !== undefined && { after }) });
  if (found.kind === 'unknown') return { kind: 'gone', oldest: found.oldest };
  const format = createFormat(webhook);
  const isJson = isJsonType(format.contentType);
  const items: string[] = [];
  for (const { event, deliveries } of found.items) {
    const state = stateOf(deliveries, webhook.name, held);
    const body = await format.body(event);
    const shown =
      typeof body !== 'string'
        ? `"body":null,"error":${JSON.stringify(body.message)}`
        : `"body":${isJson ? body : JSON.stringify(body)}`;
    items.push(`{"id":${JSON.stringify(event.id)},"state":${JSON.stringify(state)},${shown}}`);
  }
  const { next } = found;
  return { kind: 'page', json: `{"items":[${items.join(',')}],"next":${JSON.stringify(next)}}`, next };
}

function stateOf(deliveries: KeptEvent['deliveries'], webhook: string, held: boolean): string | null {
  const state = deliveries.find((one) => one.webhook === webhook)?.state ?? null;
  return state === 'pending' && held ? 'held' : state;
}
