import type { Config, WebhookConfig } from '../config/document.ts';
import { type Dispatcher, pauseMemo } from '../deliver/dispatcher.ts';
import { feedOf } from '../deliver/feed.ts';
import type { Operations } from '../deliver/operations.ts';
import type { Trial } from '../deliver/trial.ts';
import { type Failure, failure } from '../errors.ts';
import { isoTime, isoTimeOrNull } from '../lib/iso-time.ts';
import type { Logger } from '../lib/log.ts';
import type { JsonObject, WebhookState } from '../model.ts';
import type { Resynced } from '../resync.ts';
import type { WebhookView } from '../server/api/schemas.ts';
import type { WebhookControl } from '../server/control.ts';
import type { Archive } from '../store/archive.ts';
import type { Backlog, Memos, Store } from '../store/contract.ts';
import type { Activity } from './activity.ts';
import { notFound } from './not-found.ts';

export interface WebhookControlDeps {
  readonly config: () => Config;
  readonly store: Pick<Store, 'webhooks' | 'backlog'> & Pick<Memos, 'memos'> & Pick<Archive, 'events'>;
  readonly dispatcher: Pick<Dispatcher, 'holds' | 'waitsUntil' | 'pause' | 'resume' | 'wake'>;
  readonly operations: Pick<Operations, 'replay' | 'replays'>;
  /** Commits the snapshot of a source once more, for one webhook; null if the source is not polled. */
  readonly resync: (source: string, webhook: string) => Promise<Resynced> | null;
  readonly tryOut: (webhook: WebhookConfig) => Promise<Trial>;
  readonly log: Logger;
  readonly activity: Activity;
  /** Called when somebody has changed the state of a webhook. */
  readonly onChange: (webhook: string) => void;
}

/** What is known of a webhook; `webhook` is null if it was removed from the configuration. */
interface Known {
  readonly name: string;
  readonly webhook: WebhookConfig | null;
  readonly state: WebhookState | undefined;
  readonly backlog: Backlog | undefined;
  readonly paused: boolean;
}

export function controlWebhooks(deps: WebhookControlDeps): WebhookControl {
  const { config, store, dispatcher, operations, resync, tryOut, log, onChange } = deps;

  async function configured(name: string): Promise<WebhookConfig | Failure> {
    const webhook = config().webhooks.get(name);
    if (webhook) return webhook;
    const isOwed = (await known()).some((one) => one.name === name);
    return isOwed
      ? failure('API_CONFLICT', `webhook ${name} is not in the configuration any more: write it there again`)
      : notFound('webhook', name);
  }

  async function known(): Promise<Known[]> {
    const [states, backlogs, memos] = await Promise.all([store.webhooks(), store.backlog(), store.memos()]);
    const state = new Map(states.map((one) => [one.name, one]));
    const backlog = new Map(backlogs.map((one) => [one.webhook, one]));
    const gone = backlogs.filter((one) => one.pending + one.dead > 0).map((one) => one.webhook);
    const names = [...new Set([...config().webhooks.keys(), ...gone])].sort();
    return names.map((name) => ({
      name,
      webhook: config().webhooks.get(name) ?? null,
      state: state.get(name),
      backlog: backlog.get(name),
      paused: isPaused(memos, name),
    }));
  }

  async function act(name: string, word: string, does: () => Promise<boolean>): Promise<Failure | null> {
    const webhook = await configured(name);
    if ('code' in webhook) return webhook;
    if (!webhook.enabled)
      return failure('API_CONFLICT', `webhook ${name} is disabled in the configuration: enable it there`);
    if (!(await does())) return notFound('webhook', name);
    log.info({ webhook: name }, `${word} by hand`);
    onChange(name);
    return null;
  }

  return {
    list: async () => (await known()).map((one) => viewOf(one, deps)),
    async find(name) {
      const found = (await known()).find((one) => one.name === name);
      return found ? viewOf(found, deps) : notFound('webhook', name);
    },
    holds: (name) => dispatcher.holds(name),
    waitsUntil: (name) => dispatcher.waitsUntil(name),
    pause: (name) => act(name, 'paused', () => dispatcher.pause(name)),
    resume: (name) => act(name, 'resumed', () => dispatcher.resume(name)),
    async test(name) {
      const webhook = await configured(name);
      return 'code' in webhook ? webhook : tryOut(webhook);
    },
    async replay(name, since) {
      const webhook = await configured(name);
      if ('code' in webhook) return webhook;
      const started = await operations.replay(name, since);
      if (started === 'unknown') return notFound('webhook', name);
      if (started === 'started')
        log.info(
          { webhook: name },
          `replay requested of everything that was committed since ${isoTime(since)}`,
        );
      return started === 'busy' ? failure('API_CONFLICT', `a replay for ${name} is under way already`) : null;
    },
    async resync(name, source) {
      const webhook = await configured(name);
      if ('code' in webhook) return webhook;
      const work = resync(source, name);
      if (work === null) {
        return config().sources.has(source)
          ? failure('API_CONFLICT', `source ${source} is disabled in the configuration: enable it there`)
          : notFound('source', source);
      }
      const came = await work;
      log.info({ webhook: name, source, resync: came.kind }, 'resync requested by hand');
      dispatcher.wake([name]);
      if (came.kind === 'resynced') return came.events;
      return failure(
        'API_CONFLICT',
        came.kind === 'empty'
          ? `nothing is known of ${source} yet: poll it first`
          : `another process committed to ${source} meanwhile; ${came.events} events are owed`,
      );
    },
    async feed(name, after, limit) {
      const webhook = await configured(name);
      if ('code' in webhook) return webhook;
      const slice = { limit, ...(after !== undefined && { after }) };
      return feedOf(webhook, slice, dispatcher.holds(name), store);
    },
  };
}

function isPaused(memos: ReadonlyMap<string, JsonObject>, name: string): boolean {
  return memos.has(pauseMemo(name));
}

function viewOf(known: Known, { activity, operations }: WebhookControlDeps): WebhookView {
  const { name, webhook, state, backlog } = known;
  const replay = operations.replays().find((one) => one.webhook === name);
  const next = Math.max(state?.pausedUntil ?? 0, state?.probe?.at ?? 0);
  return {
    name,
    state: stateOf(known),
    receiver: webhook && new URL(webhook.url).origin,
    pending: backlog?.pending ?? 0,
    dead: backlog?.dead ?? 0,
    oldest_pending: isoTimeOrNull(backlog?.oldest),
    failures: state?.failures ?? 0,
    next_attempt: next > 0 ? isoTimeOrNull(next) : null,
    reason: state?.held?.reason ?? null,
    replay: replay ? { since: isoTime(replay.since), requeued: replay.requeued } : null,
    recent: activity.ofWebhook(name),
  };
}

function stateOf({ webhook, state, paused }: Known): WebhookView['state'] {
  if (!webhook) return 'removed';
  if (!webhook.enabled) return 'disabled';
  if (paused) return 'paused';
  if (state?.held) return 'held';
  return state?.probe ? 'failing' : 'ok';
}
