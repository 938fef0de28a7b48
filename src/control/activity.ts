import type { Config } from '../config/document.ts';
import type { AttemptReport } from '../deliver/report.ts';
import type { PollReport, PollResult } from '../poll-report.ts';
import type { PollView, WebhookView } from '../server/api/schemas.ts';
import { BucketedCounter } from './bucketed-counter.ts';

/** Polls and attempts that are remembered per source and webhook. */
const RESULTS = 60;
const NOTABLE = 10;
const ATTEMPTS = 100;
/** Attempts that are listed one by one. */
const LISTED = 60;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const QUIET: readonly PollResult[] = ['unchanged', 'not_modified'];

class SourceActivity {
  results: PollResult[] = [];
  /** Polls other than unchanged ones, newest first. */
  polls: PollView[] = [];
  readonly events = new BucketedCounter(MINUTE, 60);
  readonly changes = new BucketedCounter(HOUR, 24);
}

type Tried = Pick<AttemptReport, 'outcome' | 'duration' | 'error'>;

/** The recent activity of this process, for console and API. */
export class Activity {
  readonly #sources = new Map<string, SourceActivity>();
  readonly #webhooks = new Map<string, Tried[]>();

  observePoll(report: PollReport): void {
    const { source, result, at, events, changes } = report;
    const known = this.#sources.get(source) ?? new SourceActivity();
    this.#sources.set(source, known);
    known.results.push(result);
    if (known.results.length > RESULTS) known.results.shift();
    if (!QUIET.includes(result)) known.polls = [pollView(report), ...known.polls.slice(0, NOTABLE - 1)];
    known.events.add(at, events.length);
    known.changes.add(at, changes.created + changes.updated + changes.deleted);
  }

  observeAttempt({ webhook, outcome, duration, error }: AttemptReport): void {
    const known = this.#webhooks.get(webhook) ?? [];
    this.#webhooks.set(webhook, known);
    known.push({ outcome, duration, error });
    if (known.length > ATTEMPTS) known.shift();
  }

  /** Forgets sources and webhooks that are not in the configuration. */
  keepOnly({ sources, webhooks }: Pick<Config, 'sources' | 'webhooks'>): void {
    for (const name of this.#sources.keys()) if (!sources.has(name)) this.#sources.delete(name);
    for (const name of this.#webhooks.keys()) if (!webhooks.has(name)) this.#webhooks.delete(name);
  }

  ofSource(source: string, now: number) {
    const known = this.#sources.get(source);
    const events = known?.events.until(now) ?? [];
    return {
      recent: [...(known?.results ?? [])],
      polls: known?.polls ?? [],
      events_last_hour: events.reduce((sum, count) => sum + count, 0),
      changes_by_hour: known?.changes.until(now) ?? [],
    };
  }

  ofWebhook(webhook: string): WebhookView['recent'] {
    const tried = this.#webhooks.get(webhook) ?? [];
    const sorted = tried.map(({ duration }) => Math.round(duration)).sort((a, b) => a - b);
    const listed = tried.slice(-LISTED);
    return {
      attempts: tried.length,
      delivered: tried.filter(({ outcome }) => outcome === 'delivered').length,
      median_ms: sorted[Math.floor(sorted.length / 2)] ?? null,
      slowest_ms: sorted.at(-1) ?? null,
      error: tried.at(-1)?.error ?? null,
      outcomes: listed.map(({ outcome }) => outcome),
      durations_ms: listed.map(({ duration }) => Math.round(duration)),
    };
  }
}

export function pollView({
  at,
  result,
  duration,
  status,
  records,
  events,
  failure,
  doubt,
}: PollReport): PollView {
  return {
    at: new Date(at).toISOString(),
    result,
    duration_ms: Math.round(duration),
    status,
    records,
    events: events.length,
    error: failure?.message ?? doubt,
  };
}
