import { z } from 'zod';
import { access } from './access.ts';
import { addIssue } from './add-issue.ts';
import { batch } from './batch.ts';
import { egress } from './egress.ts';
import { format } from './format.ts';
import { duration, factor, growingWaits, rate, timeout } from './quantities.ts';
import { sign } from './sign.ts';
import { headers, oneOrMore, secret, uriReference, url } from './values.ts';

const DEFAULT_SCHEDULE = ['5s', '5m', '30m', '2h', '5h', '10h', '14h', '20h', '24h'];

/** Longest wait between attempts; the store takes a next attempt much further ahead for the result of a wrong clock. */
const LONGEST_WAIT = 28 * 86_400_000;

/** Attempts of a rate's window at most, since each is remembered until the window has passed. */
const MOST_IN_WINDOW = 100_000;

/** Waits between attempts, either listed or as a geometric series. */
const schedule = z.union([
  z
    .array(duration({ max: LONGEST_WAIT }))
    .min(1)
    .max(100),
  z
    .strictObject({
      attempts: z
        .int()
        .min(1)
        .max(100)
        .meta({ description: 'Maximum number of attempts, the first one included.' }),
      first: duration({ min: 1, max: LONGEST_WAIT }).meta({ description: 'Wait after the first attempt.' }),
      factor,
      max: duration({ min: 1, max: LONGEST_WAIT }).meta({ description: 'Longest wait.' }),
    })
    .check((context) => {
      const { first, max } = context.value;
      if (first > max)
        addIssue(context, '`first` is longer than `max`', 'write a shorter `first` or a longer `max`', [
          'first',
        ]);
    })
    .transform(({ attempts, first, factor, max }) =>
      Array.from({ length: attempts - 1 }, (_, step) => Math.min(max, Math.round(first * factor ** step))),
    ),
]);

/**
 * All options of a webhook. Types, validation, defaults, JSON Schema and the reference page are derived from this
 * description.
 */
export const webhook = z
  .strictObject({
    url: url.meta({
      description: 'Where events are sent. `http://` only to loopback, unless `insecure_http: true`.',
    }),
    insecure_http: z.boolean().default(false).meta({ description: 'Allows `http://` to other hosts.' }),
    secret: oneOrMore(secret).optional().meta({
      description:
        'Signing secret, required unless `sign: none`. A list while it is rotated: the first signs first, all sign.',
    }),
    sign,
    format,
    cloudevents_source: uriReference.optional().meta({
      description:
        '`source` of CloudEvents. Default: that of the top-level `defaults`, else `pollhook/SOURCE`.',
    }),
    method: z.enum(['POST', 'PUT', 'PATCH']).default('POST').meta({ description: 'HTTP method.' }),
    headers: headers.default({}).meta({ description: 'Headers added to every request. Values are secret.' }),
    traceparent: z.boolean().default(false).meta({
      description:
        'Sends `traceparent` (W3C Trace Context): one trace for each event, over all its attempts and webhooks; a span for each attempt.',
    }),
    ...access,
    egress: egress.optional().meta({
      description:
        'Policy for addresses that may be connected to; checked at each connection, for names and addresses.',
    }),
    timeout: timeout().prefault('15s').meta({ description: 'Timeout of the whole attempt.' }),
    retry: z
      .strictObject({
        schedule: schedule.prefault(DEFAULT_SCHEDULE).meta({
          description:
            'Waits after the first attempt, jitter added on top; or `{attempts, first, factor, max}`.',
        }),
        permanent: z
          .array(z.int().min(300).max(599))
          .default([])
          .meta({ description: 'Status codes that go straight to the dead letters.' }),
      })
      .prefault({})
      .meta({ description: 'When failed attempts are retried.' }),
    order: z.enum(['key', 'webhook', 'none']).default('key').meta({
      description:
        'Which events are delivered strictly one after another: those of the same record (`key`), all (`webhook`), or none.',
    }),
    supersede: z.boolean().default(false).meta({
      description:
        'A newer update of a record replaces an older one that was not delivered yet, which is recorded as superseded.',
    }),
    batch,
    concurrency: z
      .int()
      .min(1)
      .max(1000)
      .default(4)
      .meta({ description: 'Maximum number of concurrent requests.' }),
    rate: rate()
      .check((context) => {
        if (context.value.count > MOST_IN_WINDOW)
          addIssue(context, 'too large', `the maximum is ${MOST_IN_WINDOW}: write a shorter window`);
      })
      .optional()
      .meta({
        description:
          'Maximum number of requests in any window of a length, retries included: `60/1m`. Default: limited only by `concurrency`.',
      }),
    probe: growingWaits('30s', 1).prefault({}).meta({ description: 'How a failing webhook is probed.' }),
    enabled: z.boolean().default(true).meta({ description: '`false` holds events without dropping them.' }),
  })
  .meta({ id: 'Webhook' });
