import { z } from 'zod';

/** The schemas of the API, from which its types and the OpenAPI document are derived. */

const time = z.iso.datetime().meta({ description: 'UTC, ISO 8601.' });
const count = z.int().min(0);
const duration = z.number().min(0).meta({ description: 'Milliseconds.' });

export const POLL_RESULTS = ['unchanged', 'not_modified', 'changed', 'failed', 'suspect'] as const;
export const SOURCE_STATES = ['ok', 'failing', 'suspect', 'paused', 'finished'] as const;
export const WEBHOOK_STATES = ['ok', 'failing', 'held', 'paused', 'disabled', 'removed'] as const;
/** States of deliveries as the API shows them: `held` are those pending ones that wait until a person acts. */
export const DELIVERY_VIEW_STATES = [
  'pending',
  'delivered',
  'dead',
  'held',
  'superseded',
  'dropped',
] as const;
export type DeliveryViewState = (typeof DELIVERY_VIEW_STATES)[number];
const OUTCOMES = ['delivered', 'failed', 'limited', 'unknown'] as const;

const pollView = z
  .object({
    at: time,
    result: z.enum(POLL_RESULTS),
    duration_ms: duration,
    status: z.int().nullable(),
    records: count.nullable(),
    events: count,
    error: z.string().nullable(),
  })
  .meta({ id: 'Poll', description: 'A poll that is over.' });

const paceView = z
  .object({
    changes_per_hour: z.number().meta({ description: 'As far as it was learned.' }),
    interval_ms: z.int().meta({ description: 'Between two polls, on average.' }),
    expected_wait_ms: z.int().meta({ description: 'What a change waits for the poll that shows it.' }),
    why: z.string(),
  })
  .meta({ id: 'Pace', description: 'Where the interval of a source is learned: what came of it.' });

export type PaceView = z.infer<typeof paceView>;

export const sourceView = z
  .object({
    name: z.string(),
    state: z.enum(SOURCE_STATES).meta({
      description:
        '`failing`: polls fail; `suspect`: an answer cannot be believed, the baseline stays as it was; `paused`: by hand, or disabled; `finished`: `until` is true.',
    }),
    last_poll: time.nullable(),
    last_success: time.nullable(),
    next_poll: time.nullable().meta({ description: 'Null: none is due.' }),
    records: count,
    interval: z.string().nullable().meta({ description: 'As in the configuration; null with `cron`.' }),
    cron: z.string().nullable(),
    pace: paceView.nullable().meta({ description: 'Null where the interval is not learned.' }),
    error: z.string().nullable(),
    polling: z.boolean().meta({ description: 'Whether a poll is under way.' }),
    budget: z.string().nullable(),
    events_last_hour: count,
    changes_by_hour: z.array(count).max(24).meta({
      description:
        'Records that changed, as far as this process saw it: one number an hour, the newest last and not over yet. Begins with the first change, at most 24 hours ago.',
    }),
    recent: z
      .array(z.enum(POLL_RESULTS))
      .meta({ description: 'The last polls of this process, oldest first.' }),
  })
  .meta({ id: 'Source' });

export const sourceDetail = sourceView
  .extend({
    enabled: z.boolean(),
    failures: count.meta({ description: 'Failed polls in a row.' }),
    sequence: count.meta({ description: 'Of its last event.' }),
    suspect: z
      .object({
        reason: z.string(),
        missing: count.nullable().meta({ description: 'Records that the answer did not show.' }),
        of: count.nullable(),
        examples: z.array(z.string()).meta({ description: 'Keys of some.' }),
        decision: z.enum(['approved', 'rejected']).nullable().meta({
          description: 'What a person said about it; the next poll that shows it acts accordingly.',
        }),
      })
      .nullable(),
    polls: z.array(pollView).meta({ description: 'The last polls of this process, newest first.' }),
  })
  .meta({ id: 'SourceDetail' });

export const webhookView = z
  .object({
    name: z.string(),
    state: z.enum(WEBHOOK_STATES).meta({
      description:
        '`held`: it answered 410, nothing is sent until it is resumed; `removed`: not in the configuration, its deliveries are kept.',
    }),
    receiver: z
      .string()
      .nullable()
      .meta({ description: 'Scheme and host; the whole address may be secret.' }),
    pending: count.meta({ description: 'Deliveries that wait; held ones included.' }),
    dead: count,
    oldest_pending: time.nullable(),
    failures: count.meta({ description: 'Failed attempts in a row.' }),
    next_attempt: time.nullable().meta({ description: 'Nothing is sent before; null: no pause.' }),
    reason: z.string().nullable().meta({ description: 'Why it is held.' }),
    replay: z
      .object({ since: time, requeued: count })
      .nullable()
      .meta({ description: 'Of kept events, if one is under way.' }),
    recent: z
      .object({
        attempts: count,
        delivered: count,
        median_ms: duration.nullable(),
        slowest_ms: duration.nullable(),
        error: z.string().nullable().meta({ description: 'Of the last attempt; null: it had none.' }),
        outcomes: z.array(z.enum(OUTCOMES)).meta({ description: 'Of the last 60 of them, oldest first.' }),
        durations_ms: z.array(duration).meta({ description: 'Of the same attempts.' }),
      })
      .meta({ description: 'The last attempts of this process, at most 100.' }),
  })
  .meta({ id: 'Webhook' });

export const budgetView = z
  .object({
    name: z.string().meta({ description: 'Without a name of its own: host and port.' }),
    left: count
      .nullable()
      .meta({ description: 'Requests until the tightest limit; null: no limit is known.' }),
    limit: count.nullable().meta({ description: 'What `left` counts down from; null: not known.' }),
    paused_ms: duration.meta({ description: 'Nothing is sent for so long: the server refused.' }),
    waiting: count.meta({ description: 'Requests that wait for their turn.' }),
  })
  .meta({ id: 'Budget' });

export const eventView = z
  .object({
    id: z.string(),
    type: z.string(),
    source: z.string(),
    key: z.string().nullable(),
    change: z.enum(['created', 'updated', 'deleted']),
    sequence: count,
    timestamp: time,
    deliveries: z.array(
      z.object({ id: z.string(), webhook: z.string(), state: z.enum(DELIVERY_VIEW_STATES) }),
    ),
    body: z.unknown().meta({ description: 'The standard body, with the digits that were committed.' }),
  })
  .meta({ id: 'Event' });

export const deliveryView = z
  .object({
    id: z.string(),
    event_id: z.string(),
    webhook: z.string(),
    state: z.enum(DELIVERY_VIEW_STATES),
    attempts: count,
    next_attempt: time.nullable().meta({ description: 'Null: none is due.' }),
    last_status: z.int().nullable(),
    type: z.string(),
    source: z.string(),
    key: z.string().nullable(),
    created: time,
  })
  .meta({ id: 'Delivery' });

export const deliveryDetail = deliveryView
  .extend({
    attempts: z
      .array(
        z.object({
          at: time,
          status: z.int().nullable(),
          duration_ms: duration,
          outcome: z.enum(OUTCOMES),
          error: z.string().nullable(),
          answer: z.string().nullable(),
        }),
      )
      .meta({ description: 'Oldest first: the first and the newest 20.' }),
    attempts_made: count,
  })
  .meta({ id: 'DeliveryDetail' });

export const trial = z
  .object({
    event_id: z.string(),
    outcome: z.enum(['delivered', 'failed']),
    status: z.int().nullable(),
    duration_ms: duration,
    error: z.string().nullable(),
    answer: z.string().nullable(),
  })
  .meta({ id: 'Trial', description: 'What came of a test event.' });

export const reloaded = z
  .object({
    applied: z
      .boolean()
      .meta({ description: 'False: the new one has mistakes, and the one before stays in force.' }),
    changes: z.array(z.string()),
    restart: z.array(z.string()).meta({ description: 'What applies only after a restart.' }),
    problems: z.array(z.string()).meta({ description: 'As `pollhook check` prints them.' }),
  })
  .meta({ id: 'Reloaded' });

/** Messages of the stream: the kind is the name of the server-sent event. */
export const followed = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('poll'), source: z.string(), ...pollView.shape }),
    z.object({ kind: z.literal('event'), ...eventView.omit({ deliveries: true, body: true }).shape }),
    z.object({
      kind: z.literal('delivery'),
      id: z.string(),
      event_id: z.string(),
      webhook: z.string(),
      state: z.enum(DELIVERY_VIEW_STATES),
      attempts: count,
      status: z.int().nullable(),
      error: z.string().nullable(),
    }),
    z.object({ kind: z.literal('source'), name: z.string(), state: z.enum(SOURCE_STATES) }),
    z.object({ kind: z.literal('webhook'), name: z.string(), state: z.enum(WEBHOOK_STATES) }),
    z.object({
      kind: z.literal('reload'),
      applied: z.boolean(),
      problems: z.array(z.string()).meta({ description: 'Why it is not applied; also in `hello`.' }),
    }),
  ])
  .meta({ id: 'Happened', description: 'One message of the stream; `kind` is also its event name.' });

export const problemView = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: 'Stable: see docs/errors.md.' }),
    detail: z.string().meta({ description: 'What is wrong, and where.' }),
    remedy: z.string().meta({ description: 'What to do.' }),
    oldest: z.string().nullable().optional().meta({ description: 'With API_GONE: where to go on.' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457.' });

export type PollView = z.infer<typeof pollView>;
export type SourceView = z.infer<typeof sourceView>;
export type SourceDetail = z.infer<typeof sourceDetail>;
export type WebhookView = z.infer<typeof webhookView>;
export type BudgetView = z.infer<typeof budgetView>;
export type Trial = z.infer<typeof trial>;
export type Reloaded = z.infer<typeof reloaded>;
export type Followed = z.infer<typeof followed>;
/** The feed of a webhook as JSON text, so that every digit is kept. */
export type Feed =
  | { readonly kind: 'page'; readonly json: string; readonly next: string | null }
  | { readonly kind: 'gone'; readonly oldest: string | null };
