import { z } from 'zod';
import { access } from './access.ts';
import { confirm } from './confirm.ts';
import { events } from './events.ts';
import { every, weight } from './every.ts';
import { expect } from './expect.ts';
import { expressionWith, pathOrExpression } from './expression.ts';
import { formats } from './formats.ts';
import { incremental } from './incremental.ts';
import { paginate } from './paginate.ts';
import { duration, growingWaits, ratio, size, timeout } from './quantities.ts';
import { tolerance } from './tolerance.ts';
import { headers, name, oneOrMore, path, place, url } from './values.ts';

/** Milliseconds, a day: rare enough to cost nothing. */
const FULL_FETCH = 86_400_000;

/**
 * All options of a source. Types, validation, defaults, JSON Schema and the reference page are derived from this
 * description.
 */
export const source = z
  .strictObject({
    url: url.meta({
      description: 'URL to poll, http or https. User info in the URL is refused: use `auth`.',
    }),
    method: z
      .string()
      .regex(/^(?!CONNECT$|TRACE$|HEAD$)[A-Z]{1,20}$/, 'a method is written in capitals, like GET or POST')
      .meta({ noun: 'a method' })
      .default('GET')
      .meta({ description: 'HTTP method.' }),
    headers: headers.default({}).meta({ description: 'Request headers. Values are secret.' }),
    query: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String))
      .default({})
      .meta({ description: 'Parameters added to the URL.' }),
    body: z
      .union([z.string(), z.record(z.string(), z.unknown())])
      .optional()
      .meta({
        description: 'A string, or a map that is sent as JSON (or as a form with `content_type: form`).',
      }),
    content_type: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'Content type of `body`; `form` sends a map as an HTML form.' }),
    ...access,
    timeout: timeout().prefault('30s').meta({ description: 'Timeout of each request, body included.' }),
    max_body: size()
      .prefault('50MB')
      .meta({ description: 'Maximum size of the decompressed answer, all pages together.' }),
    redirects: z.int().min(0).max(20).default(5).meta({
      description:
        'Maximum number of redirects. Credentials are kept for the same origin; another origin gets no secret headers.',
    }),
    every,
    weight,
    cron: z
      .string()
      .optional()
      .meta({ description: 'Instead of `every`: a cron expression with the standard 5 or 6 fields.' }),
    timezone: z.string().optional().meta({ description: 'Time zone of `cron`, like `Europe/Berlin`.' }),
    budget: name.optional().meta({
      description:
        'Name of the budget that all requests count towards, pages and logins included. Without one, the sources of the same scheme, host and port share a budget without a rate and with `concurrency: 4`.',
    }),
    ...formats,
    items: pathOrExpression.optional().meta({
      description:
        'Path to the list of records (`data.tickets`), or a JSONata expression. Default: the document.',
    }),
    key: oneOrMore(place).optional().meta({
      description:
        'Field, or list of fields, that identifies a record, like `id`, `user.id` or `Art.-Nr.`; required with `items`, and for formats that are lists (`ndjson csv html text`). Without `items`, the document itself is the list; with neither, the whole document is the one record.',
    }),
    only: z.array(path).min(1).optional().meta({ description: 'Paths that are compared. Default: all.' }),
    ignore: z.array(path).default([]).meta({ description: 'Paths that are left out of comparison.' }),
    unordered: z.array(path).default([]).meta({ description: 'Paths of lists whose order does not matter.' }),
    tolerance,
    paginate: paginate.optional().meta({
      description:
        'How a list in several pages is read. All pages are read, or the poll fails. If records are repeated because the list moved meanwhile, if totals differ between pages, or if records are about to be reported as deleted, the list is read again, at most 3 times in all. If it keeps changing, additions and updates are reported, but no deletions.',
    }),
    incremental: incremental.optional().meta({
      description: 'For large lists: most polls request only records that changed since the last one.',
    }),
    expect: expect.optional().meta({
      description:
        'Conditions for answers. An answer that does not meet them makes the source suspect: it is not used, the snapshot stays as it was, and the operator is alerted.',
    }),
    conditional: z
      .union([
        z.enum(['auto']).transform(() => ({ refresh: FULL_FETCH })),
        z.literal(false),
        z.strictObject({
          refresh: duration({ min: 100 }).meta({ description: 'Interval of full fetches.' }),
        }),
      ])
      .prefault('auto')
      .meta({
        description:
          'ETag and Last-Modified: `auto` uses them, `false` does not. Since servers make mistakes in them, there is a full fetch every `24h` nevertheless, or as often as `refresh` says.',
      }),
    confirm,
    deletes: z
      .union([
        z.literal(false),
        z.strictObject({
          confirm: z
            .int()
            .min(1)
            .max(1000)
            .default(2)
            .meta({ description: 'Complete polls in a row that must not show a record.' }),
          guard: z
            .strictObject({
              count: z.int().min(0).default(10).meta({ description: 'Number of records.' }),
              ratio: ratio().prefault('10%').meta({ description: 'Fraction of all records.' }),
            })
            .prefault({})
            .meta({
              description:
                'If more records than both limits vanish at once, their deletion is held for approval.',
            }),
          allow_empty: z
            .boolean()
            .default(false)
            .meta({ description: 'Accepts an empty list without approval.' }),
        }),
      ])
      .prefault({})
      .meta({ description: 'When missing records are reported as deleted; `false`: never.' }),
    moved_from: name.optional().meta({
      description:
        'Previous name of this source: its state is carried over once, so that a rename loses nothing. The option may stay or be removed afterwards.',
    }),
    initial: z.enum(['baseline', 'emit']).default('baseline').meta({
      description: 'First snapshot: `baseline` sends nothing, `emit` sends `created` for each record.',
    }),
    until: expressionWith('records').optional().meta({
      description:
        'JSONata on the document, or its first page (`$records` is the list of records). Once it is true, the last changes are reported, and the source is not polled any more. If it is true at the first poll, the document is reported as `created`. Another URL or expression, or a reset, starts over.',
    }),
    backoff: growingWaits('5s', 100)
      .prefault({})
      .meta({ description: 'Waits after failed polls, with jitter added, until a success.' }),
    stale_after: duration({ min: 100 }).optional().meta({
      description:
        'Time without a successful poll after which the source is stale, which is reported as an operational event. Default: until ten polls that were due have not succeeded, at least `10s`.',
    }),
    events,
    send_to: oneOrMore(name).optional().meta({
      description:
        'Webhooks that the events are sent to. Default: the only webhook, if there is exactly one.',
    }),
    enabled: z.boolean().default(true).meta({ description: 'Whether the source is polled.' }),
  })
  .meta({ id: 'Source' });
