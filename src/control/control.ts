import type { Operations } from '../deliver/operations.ts';
import type { AttemptReport } from '../deliver/report.ts';
import { type Failure, failure } from '../errors.ts';
import type { PollReport } from '../poll-report.ts';
import type { Standing } from '../schedule/gate-report.ts';
import type { Reloaded } from '../server/api/schemas.ts';
import type { Control } from '../server/control.ts';
import type { Archive } from '../store/archive.ts';
import { Activity, pollView } from './activity.ts';
import { controlDeliveries } from './deliveries.ts';
import { Followers } from './followers.ts';
import { controlSources, type SourceControlDeps } from './sources.ts';
import { StateChanges } from './state-changes.ts';
import { controlWebhooks, type WebhookControlDeps } from './webhooks.ts';

type Made = 'activity' | 'onChange';

export interface ControlDeps
  extends Omit<SourceControlDeps, Made | 'store'>,
    Omit<WebhookControlDeps, Made | 'store' | 'operations'> {
  readonly store: SourceControlDeps['store'] & WebhookControlDeps['store'] & Pick<Archive, 'delivery'>;
  readonly operations: Operations;
  readonly budgets: () => readonly Standing[];
  /** Reads the configuration again. */
  readonly reload: () => Promise<Reloaded | Failure>;
}

/** The control of the daemon for the server, and the observers that keep it up to date. */
export interface Controlled {
  readonly control: Control;
  observePoll(report: PollReport): void;
  observeAttempt(report: AttemptReport): void;
  /** Called after every reload with the mistakes of the configuration, a line each; none if it was applied. */
  observeReload(problems: readonly string[]): void;
  /** Ends all streams. */
  end(): void;
}

/** Events of one poll, and deliveries of one batch, retry or drop, that are streamed one by one. */
const MOST_TOLD = 100;

/** Mistakes of a configuration that are streamed; the log has all. */
const MOST_PROBLEMS = 20;

export function createControl(deps: ControlDeps): Controlled {
  const activity = new Activity();
  const followers = new Followers();
  let token = deps.config().token?.reveal();
  let problems: readonly string[] = [];
  const sources = controlSources({ ...deps, activity, onChange: (name) => changed('source', name) });
  const webhooks = controlWebhooks({ ...deps, activity, onChange: (name) => changed('webhook', name) });
  const news = {
    source: new StateChanges(
      (name) => sources.find(name),
      (name, state) => followers.tell({ kind: 'source', name, state }),
      deps.clock,
    ),
    webhook: new StateChanges(
      (name) => webhooks.find(name),
      (name, state) => followers.tell({ kind: 'webhook', name, state }),
      deps.clock,
    ),
  };

  function changed(kind: keyof typeof news, name: string): void {
    if (followers.any) void news[kind].changed(name);
  }

  async function tellDeliveries(ids: readonly string[]): Promise<void> {
    for (const one of followers.any ? ids.slice(0, MOST_TOLD) : []) {
      const delivery = await deps.store.delivery(one);
      if (!delivery) continue;
      const { id, event, webhook, state, attempts, lastStatus: status } = delivery;
      const error = null;
      followers.tell({ kind: 'delivery', id, event_id: event.id, webhook, state, attempts, status, error });
    }
  }

  return {
    control: {
      sources,
      webhooks,
      deliveries: controlDeliveries(deps.operations, tellDeliveries),
      budgets: () =>
        deps
          .budgets()
          .map(({ budget, left, limit, paused, waiting }) => ({
            name: budget,
            left: left && Math.floor(left),
            limit,
            paused_ms: Math.max(0, paused),
            waiting,
          }))
          .sort((a, b) => (a.name < b.name ? -1 : 1)),
      config: () => deps.config().shown(),
      problems: () => problems,
      reload: deps.reload,
      follow(tell, end) {
        if (!followers.any) for (const one of Object.values(news)) one.forget();
        return followers.add(tell, end);
      },
    },
    observePoll(report) {
      activity.observePoll(report);
      if (!followers.any) return;
      followers.tell({ kind: 'poll', source: report.source, ...pollView(report) });
      for (const { body: _, timestamp, ...event } of report.events.slice(0, MOST_TOLD)) {
        followers.tell({ kind: 'event', ...event, timestamp: new Date(timestamp).toISOString() });
      }
      changed('source', report.source);
    },
    observeAttempt(report) {
      activity.observeAttempt(report);
      if (!followers.any) return;
      const { webhook, status, error } = report;
      for (const { id, event, attempts } of report.deliveries.slice(0, MOST_TOLD)) {
        const state = report.settled.find(({ delivery }) => delivery.id === id)?.state ?? 'pending';
        followers.tell({ kind: 'delivery', id, event_id: event.id, webhook, state, attempts, status, error });
      }
      changed('webhook', webhook);
    },
    observeReload(found) {
      // Followers were authorized by the previous token.
      if (deps.config().token?.reveal() !== token) followers.end();
      token = deps.config().token?.reveal();
      activity.keepOnly(deps.config());
      problems = found.slice(0, MOST_PROBLEMS);
      followers.tell({ kind: 'reload', applied: found.length === 0, problems: [...problems] });
    },
    end: () => followers.end(),
  };
}

/** The reload of a process that has no configuration file to read again. */
export async function cannotReload(): Promise<Failure> {
  return failure('API_CONFLICT', 'this process cannot read its configuration again: restart it');
}
