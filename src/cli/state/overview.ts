import type { Config } from '../../config/document.ts';
import { ALERT_SOURCE } from '../../lib/alert-source.ts';
import type { PollNote, SourceState, WebhookState } from '../../model.ts';
import type { Backlog, StateReader } from '../../store/contract.ts';

/** Configured and stored sources and webhooks, joined by name; configured ones come first. */
export interface Overview {
  readonly sources: readonly ShownSource[];
  readonly webhooks: readonly ShownWebhook[];
}

export interface ShownSource {
  readonly name: string;
  readonly configured: boolean;
  /** Null before the first snapshot. */
  readonly stored: SourceState | null;
  readonly note: PollNote | null;
}

export interface ShownWebhook {
  readonly name: string;
  readonly configured: boolean;
  readonly backlog: Backlog | null;
  readonly standing: WebhookState | null;
}

/** @param state null if there is none */
export async function overviewOf(config: Config, state: StateReader | null): Promise<Overview> {
  const stored = new Map((await state?.sources())?.map((source) => [source.source, source]));
  const notes = new Map(await state?.notes());
  for (const seen of [stored, notes]) seen.delete(ALERT_SOURCE);
  const backlogs = new Map((await state?.backlog())?.map((backlog) => [backlog.webhook, backlog]));
  const standings = new Map((await state?.webhooks())?.map((standing) => [standing.name, standing]));
  return {
    sources: [...new Set([...config.sources.keys(), ...stored.keys(), ...notes.keys()])].map((name) => ({
      name,
      configured: config.sources.has(name),
      stored: stored.get(name) ?? null,
      note: notes.get(name) ?? null,
    })),
    webhooks: [...new Set([...config.webhooks.keys(), ...backlogs.keys(), ...standings.keys()])].map(
      (name) => ({
        name,
        configured: config.webhooks.has(name),
        backlog: backlogs.get(name) ?? null,
        standing: standings.get(name) ?? null,
      }),
    ),
  };
}
