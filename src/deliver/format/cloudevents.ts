import { member } from '../../lib/json.ts';
import type { ChangeEvent } from '../../model.ts';
import { envelopeOf } from './record.ts';

/**
 * CloudEvents 1.0: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md. `source` replaces the default
 * `pollhook/SOURCE`.
 */
function attributes(
  { id, source: polled, type, key, timestamp }: ChangeEvent,
  source = `pollhook/${polled}`,
) {
  return {
    specversion: '1.0',
    id,
    source,
    type,
    // An empty subject is not allowed.
    ...(key && { subject: key }),
    time: new Date(timestamp).toISOString(),
  };
}

/** Structured mode: the event as one JSON object. */
export function structured(source: string | undefined): (event: ChangeEvent) => string {
  return (event) =>
    JSON.stringify({
      ...attributes(event, source),
      datacontenttype: 'application/json',
      data: member(envelopeOf(event), 'data') ?? null,
    });
}

/** Binary mode: the attributes in headers, the data alone in the body. */
export function binaryHeaders(source: string | undefined): (event: ChangeEvent) => Record<string, string> {
  return (event) =>
    Object.fromEntries(
      Object.entries(attributes(event, source)).map(([name, value]) => [`ce-${name}`, encoded(value)]),
    );
}

/**
 * Percent-encodes characters that a header value cannot carry, blanks, quotes and `%` itself.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md#3132-http-header-values
 */
function encoded(value: string): string {
  return value.toWellFormed().replaceAll(/[^!#$&-~]+/g, encodeURIComponent);
}
