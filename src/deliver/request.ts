import type { WebhookConfig } from '../config/document.ts';
import type { Delivery } from '../model.ts';
import { createSigner } from './sign.ts';

/** One HTTP request, ready to send. */
export interface DeliveryRequest {
  readonly origin: string;
  readonly path: string;
  readonly method: WebhookConfig['method'];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Headers that frame the message or manage the connection: undici writes them, or refuses the request over them. */
const FRAMING = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Prepares a webhook's requests: what is the same for all is worked out once. The result makes the request of an
 * attempt that begins at `at` (Unix milliseconds). Headers are those of the wire contract; the operator's own headers
 * come beside them and never replace them.
 */
export function createRequests(
  webhook: WebhookConfig,
  version: string,
): (delivery: Delivery, at: number) => DeliveryRequest {
  const { origin, pathname, search } = new URL(webhook.url);
  const path = pathname + search;
  const own = ownHeaders(webhook.headers);
  const agent = `pollhook/${version}`;
  const sign = createSigner(webhook);

  return ({ event, attempts }, at) => {
    const timestamp = Math.floor(at / 1000);
    const headers = {
      ...own,
      'content-type': 'application/json',
      'user-agent': agent,
      'webhook-id': event.id,
      'webhook-timestamp': String(timestamp),
      'pollhook-attempt': String(attempts),
      'pollhook-sequence': String(event.sequence),
      'pollhook-event': headerText(event.type),
      'pollhook-source': headerText(event.source),
      'pollhook-change': event.change,
      ...sign({ id: event.id, timestamp, body: event.body }),
    };
    return { origin, path, method: webhook.method, headers, body: event.body };
  };
}

function ownHeaders(headers: WebhookConfig['headers']): Record<string, string> {
  const own: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (FRAMING.has(lower) || lower.startsWith('webhook-') || lower.startsWith('pollhook-')) continue;
    own[lower] = value.reveal();
  }
  return own;
}

/** Percent-encodes what a header cannot carry, and `%` itself, so that `decodeURIComponent` gives any text back. */
function headerText(text: string): string {
  return text.toWellFormed().replaceAll(/[^!-$&-~]+/g, encodeURIComponent);
}
