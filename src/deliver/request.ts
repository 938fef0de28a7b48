import type { WebhookConfig } from '../config/document.ts';
import type { Failure } from '../errors.ts';
import { credentials } from '../lib/http/auth/credentials.ts';
import type { Delivery } from '../model.ts';
import { createFormat } from './format/format.ts';
import { createSigner } from './sign/sign.ts';

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
 * attempt that begins at `at` (Unix milliseconds), or says why its body cannot be made. Headers are those of the wire
 * contract; the operator's own headers come beside them, and replace none but the content type and the user agent.
 */
export function createRequests(
  webhook: WebhookConfig,
  version: string,
): (delivery: Delivery, at: number) => Promise<DeliveryRequest | Failure> {
  const { origin, pathname, search } = new URL(webhook.url);
  const { header, query } = credentials(webhook.auth);
  const path = pathname + [search, query].filter(Boolean).join(search ? '&' : '?');
  const format = createFormat(webhook);
  const common = {
    'content-type': format.contentType,
    'user-agent': `pollhook/${version}`,
    ...ownHeaders(webhook.headers),
    ...(header && { [header[0].toLowerCase()]: header[1] }),
  };
  const sign = createSigner(webhook);

  return async ({ event, attempts }, at) => {
    const body = await format.body(event);
    if (typeof body !== 'string') return body;
    const timestamp = Math.floor(at / 1000);
    const type = headerText(event.type);
    const headers = {
      ...common,
      ...format.headers(event),
      'webhook-id': event.id,
      'webhook-timestamp': String(timestamp),
      'pollhook-attempt': String(attempts),
      'pollhook-sequence': String(event.sequence),
      'pollhook-event': type,
      'pollhook-source': headerText(event.source),
      'pollhook-change': event.change,
      ...sign({ id: event.id, timestamp, body, type }),
    };
    return { origin, path, method: webhook.method, headers, body };
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
