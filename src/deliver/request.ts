import type { WebhookConfig } from '../config/document.ts';
import { type Failure, failure } from '../errors.ts';
import { addQuery, credentials } from '../lib/http/auth/credentials.ts';
import type { Delivery } from '../model.ts';
import { batchBody, createFormat } from './format/format.ts';
import { createSigner } from './sign/sign.ts';
import { traceparentOf } from './trace.ts';

/** The deliveries of one request: one, or those of a batch in their order. */
export type Parcel = readonly [Delivery, ...Delivery[]];

/** One HTTP request, ready to send. */
export interface DeliveryRequest {
  readonly origin: string;
  readonly path: string;
  readonly method: WebhookConfig['method'];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Makes the request of an attempt that begins at `at` (Unix milliseconds). It carries all deliveries but those whose
 * body cannot be made; it is null if there are no others.
 */
export type RequestFor = (parcel: Parcel, at: number) => Promise<Prepared>;

type Prepared =
  | { readonly request: DeliveryRequest; readonly deliveries: Parcel; readonly unsent: readonly Unsent[] }
  | { readonly request: null; readonly deliveries: null; readonly unsent: UnsentAll };

type UnsentAll = readonly [Unsent, ...Unsent[]];

interface Unsent {
  readonly delivery: Delivery;
  readonly failure: Failure;
}

/**
 * Prepares a webhook's requests: what is the same for all is computed once. Headers are those of the wire contract;
 * the operator's own headers are added and replace none but the content type and the user agent. A batch has its own
 * id, and only those other headers that apply to all of its events.
 */
export function createRequests(webhook: WebhookConfig, version: string): RequestFor {
  const { method } = webhook;
  const { header, query } = credentials(webhook.auth);
  const url = new URL(webhook.url);
  if (query !== null) addQuery(url, [query]);
  const { origin } = url;
  const path = url.pathname + url.search;
  const format = createFormat(webhook);
  const common = {
    'user-agent': `pollhook/${version}`,
    ...Object.fromEntries(
      Object.entries(webhook.headers).map(([name, value]) => [name.toLowerCase(), value.reveal()]),
    ),
    ...(header && { [header[0].toLowerCase()]: header[1] }),
  };
  const sign = createSigner(webhook);

  function requestOf([first, ...others]: Parcel, bodies: readonly string[], at: number): DeliveryRequest {
    const timestamp = Math.floor(at / 1000);
    const { event, attempts, batch } = first;
    const alone = webhook.batch === undefined;
    const id = alone || batch === null ? event.id : batch;
    const same = others.every((other) => other.event.type === event.type);
    const type = headerText(same ? event.type : MIXED);
    const body = alone ? (bodies[0] ?? '') : batchBody(bodies);
    const headers = {
      'content-type': alone ? format.contentType : (format.batchType ?? format.contentType),
      ...common,
      ...(alone && format.headers(event)),
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'pollhook-attempt': String(attempts),
      ...(webhook.traceparent && { traceparent: traceparentOf(id, `${webhook.name} ${attempts} ${at}`) }),
      ...(alone ? headersOf(first) : { 'pollhook-batch': String(bodies.length) }),
      ...sign({ id, timestamp, body, type }),
    };
    return { origin, path, method, headers, body };
  }

  return async (parcel, at) => {
    const bodies: string[] = [];
    const sent: Delivery[] = [];
    const unsent: Unsent[] = [];
    let size = 0;
    for (const delivery of parcel) {
      const made = format.body(delivery.event);
      // Most formats give a string at once, and an `await` costs as much as a log line.
      const body = typeof made === 'string' ? made : await made;
      if (typeof body !== 'string') {
        unsent.push({ delivery, failure: body });
        continue;
      }
      size += body.length;
      if (size > LARGEST_BATCH && sent.length > 0) {
        unsent.push({ delivery, failure: TOO_MUCH });
        continue;
      }
      sent.push(delivery);
      bodies.push(body);
    }
    const [first, ...others] = sent;
    // All of them: a parcel has at least one.
    if (!first) return { request: null, deliveries: null, unsent: unsent as unknown as UnsentAll };
    const deliveries: Parcel = [first, ...others];
    return { request: requestOf(deliveries, bodies, at), deliveries, unsent };
  };
}

/** Characters of a batch: no receiver takes more, and a string beyond the limit of V8 would end the process. */
const LARGEST_BATCH = 100_000_000;
const TOO_MUCH = failure(
  'DELIVERY_BODY',
  'a batch of more than 100 MB cannot be sent: write a smaller `batch.max`',
);

/** The same of the standard bodies that a batch is composed of, so that whatever a format adds fits, too. */
export const MOST_TOGETHER = LARGEST_BATCH / 2;

/** The type of a batch whose events are of several, for presets that name one. */
const MIXED = 'pollhook.batch';

function headersOf({ event }: Delivery): Record<string, string> {
  return {
    'pollhook-sequence': String(event.sequence),
    'pollhook-event': headerText(event.type),
    'pollhook-source': headerText(event.source),
    'pollhook-change': event.change,
  };
}

/** Percent-encodes what a header cannot carry, and `%` itself, so that `decodeURIComponent` gives any text back. */
function headerText(text: string): string {
  return text.toWellFormed().replaceAll(/[^!-$&-~]+/g, encodeURIComponent);
}
