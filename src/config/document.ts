import { z } from 'zod';
import type { Egress } from '../lib/http/egress.ts';
import type { Secret } from '../lib/secret.ts';
import type { Access } from './access-rules.ts';
import { alerts } from './alerts.ts';
import { auth } from './auth.ts';
import { budget, type HeaderNames } from './budget.ts';
import type { EventRule } from './events.ts';
import { duration } from './quantities.ts';
import { source } from './source.ts';
import { address, name, token, uriReference } from './values.ts';
import { webhook } from './webhook.ts';

/** The whole file. `defaults` are merged under every source and webhook before those are validated. */
export const document = z
  .strictObject({
    state: z.string().min(1).optional().meta({
      description:
        'Where state is kept: a folder (JSON files), or `sqlite:PATH` (one SQLite file). Default: `$POLLHOOK_STATE`, else `./data`. A relative path starts at the folder of this file.',
    }),
    server: z
      .strictObject({
        listen: z
          .union([address, z.literal(false)])
          .optional()
          .meta({
            description:
              'Address of console, API, metrics and health, `false` turns it off. Default: `$POLLHOOK_LISTEN`, else `127.0.0.1:8080`.',
          }),
        token: token.optional().meta({
          description:
            'Bearer token, needed for everything but `/healthz`, `/readyz` and `/metrics`. Without a token, an address that other machines can reach serves only those three.',
        }),
      })
      .prefault({})
      .meta({ description: 'The HTTP server for console, API, metrics and health.' }),
    log: z
      .strictObject({
        level: z
          .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
          .default('info')
          .meta({ description: 'Least severe level that is logged.' }),
        format: z.enum(['auto', 'json', 'pretty']).default('auto').meta({
          description: '`json` lines, `pretty` for people, or `auto`: pretty on a terminal.',
        }),
      })
      .prefault({})
      .meta({ description: 'The log.' }),
    alerts,
    retention: z
      .strictObject({
        delivered: duration().prefault('7d').meta({ description: 'For delivered events.' }),
        dead: duration().prefault('30d').meta({ description: 'For dead letters.' }),
        max_events: z.int().min(0).default(100_000).meta({
          description: 'Maximum number of finished events that are kept; the oldest are removed first.',
        }),
      })
      .prefault({})
      .meta({ description: 'How long finished events are kept, for replay and catch-up.' }),
    auth: z.record(name, auth).default({}).meta({ description: 'Reusable credentials.' }),
    budgets: z
      .record(name, budget)
      .default({})
      .meta({ description: 'Limits on how often systems are polled, by name.' }),
    defaults: z
      .strictObject({
        source: source.partial().optional().meta({ description: 'Under every source.' }),
        webhook: webhook.partial().optional().meta({ description: 'Under every webhook.' }),
        cloudevents_source: uriReference
          .optional()
          .meta({ description: '`source` of the CloudEvents of every webhook.' }),
      })
      .optional()
      .meta({ description: 'Merged under every source and webhook: maps merge, lists and scalars replace.' }),
    sources: z.record(name, source).meta({ description: 'What is polled, by name.' }),
    webhooks: z.record(name, webhook).meta({ description: 'Where events go, by name.' }),
  })
  .meta({ title: 'pollhook configuration' });

type Document = z.output<typeof document>;

/** A source ready to run: references resolved, defaults filled in. */
export type SourceConfig = Omit<
  z.output<typeof source>,
  keyof Access | 'proxy' | 'send_to' | 'events' | 'every' | 'cron' | 'timezone' | 'budget'
> &
  Access & {
    readonly name: string;
    /** Null: the default budget of its origin. */
    readonly budget: BudgetConfig | null;
    readonly send_to: readonly string[];
    readonly events: readonly EventRule[];
    readonly schedule: Schedule;
  };

/**
 * When a source is polled: after a fixed interval, between two that are learned (milliseconds), or by a cron
 * expression.
 */
export type Schedule =
  | { readonly every: number }
  | { readonly min: number; readonly max: number }
  | { readonly cron: string; readonly timezone: string | undefined };

/** The requests that sources of one budget may make together. */
export interface BudgetConfig {
  readonly name: string;
  /** The shortest window first; empty for none. */
  readonly limits: readonly BudgetLimit[];
  readonly concurrency: number;
  /** The fraction of the server's limits that is left to other clients; `limits` are reduced by it already. */
  readonly reserve: number;
  readonly headers: 'auto' | false | HeaderNames;
}

/** At most `count` requests in any `window` (milliseconds), up to `burst` of them at once. */
export interface BudgetLimit {
  readonly count: number;
  readonly window: number;
  readonly burst: number;
}

/** A webhook ready to run. */
export type WebhookConfig = Omit<z.output<typeof webhook>, keyof Access | 'proxy' | 'egress' | 'secret'> &
  Access & {
    readonly name: string;
    readonly secret: NonNullable<z.output<typeof webhook>['secret']>;
    readonly egress: Egress | null;
  };

/** Where state is kept; paths are absolute. */
export type StateLocation =
  | { readonly kind: 'json'; readonly folder: string }
  | { readonly kind: 'sqlite'; readonly file: string };

/** The configuration as plain data without secrets. */
export interface Shown {
  readonly state: unknown;
  readonly server: { readonly listen: unknown };
  readonly [option: string]: unknown;
}

/** The configuration that the daemon runs on. */
export interface Config extends Pick<Document, 'log' | 'retention'> {
  /** The file it came from, as an absolute path. */
  readonly file: string;
  readonly state: StateLocation;
  readonly listen: string | false;
  /** The token that clients have to send; null: none. */
  readonly token: Secret | null;
  /** The effective configuration as plain data without secrets, computed on demand. */
  readonly shown: () => Shown;
  /** The same for the configuration at the start, which `state` and `server.listen` are taken from. */
  readonly started: () => Shown;
  readonly budgets: ReadonlyMap<string, BudgetConfig>;
  /** The webhooks that receive operational events. */
  readonly alerts: readonly string[];
  readonly sources: ReadonlyMap<string, SourceConfig>;
  readonly webhooks: ReadonlyMap<string, WebhookConfig>;
}
