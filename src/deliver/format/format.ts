import type { WebhookConfig } from '../../config/document.ts';
import type { Failure } from '../../errors.ts';
import { isJsonType } from '../../lib/media-type.ts';
import type { ChangeEvent } from '../../model.ts';
import { binaryHeaders, structured } from './cloudevents.ts';
import { createCustomBody } from './custom.ts';
import { dataOf, recordOf } from './record.ts';

/** The `format` of a webhook. Bodies are the exact texts that are signed and sent. */
export interface Format {
  readonly contentType: string;
  /** Content type of a batch, a JSON array of bodies; null if this format cannot be sent in batches. */
  readonly batchType: string | null;
  /** Attributes of the event that this format puts into headers. */
  headers(event: ChangeEvent): Readonly<Record<string, string>>;
  /** The body of an event, the same text at any time; or why it cannot be made. */
  body(event: ChangeEvent): string | Promise<string | Failure>;
}

const JSON_TYPE = 'application/json';
const none = () => ({});

/** Prepares the format of a webhook. */
export function createFormat(webhook: Pick<WebhookConfig, 'format' | 'cloudevents_source'>): Format {
  const { format } = webhook;
  switch (format) {
    case 'standard':
      return { contentType: JSON_TYPE, batchType: JSON_TYPE, headers: none, body: ({ body }) => body };
    case 'record':
      return { contentType: JSON_TYPE, batchType: JSON_TYPE, headers: none, body: recordOf };
    case 'cloudevents':
      return {
        contentType: 'application/cloudevents+json',
        batchType: 'application/cloudevents-batch+json',
        headers: none,
        body: structured(webhook.cloudevents_source),
      };
    case 'cloudevents-binary':
      return {
        contentType: JSON_TYPE,
        batchType: null,
        headers: binaryHeaders(webhook.cloudevents_source),
        body: dataOf,
      };
    default: {
      const { contentType, body } = createCustomBody(format);
      return { contentType, batchType: isJsonType(contentType) ? JSON_TYPE : null, headers: none, body };
    }
  }
}

/** Joins bodies into that of a batch. */
export function batchBody(bodies: readonly string[]): string {
  return `[${bodies.join(',')}]`;
}
