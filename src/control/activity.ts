import type { AttemptReport } from '../deliver/report.ts';
import type { PollReport, PollResult } from '../poll-report.ts';
import type { PollView, WebhookView } from '../server/api/schemas.ts';

/** What is remembered of each source and webhook; with ten thousand of them still little. */
const RESULTS = 60;
const NOTABLE = 10;
const ATTEMPTS = 100;

const HOUR = 60;
const MINUTE = 60_000;

const QUIET: readonly PollResult[] = ['unchanged', 'not_modified'];

interface SourceActivity {
  results: PollResult[];
  /** Polls that were more than unchanged, newest first. */
  polls: PollView[];
  /** Events by minute since 1970, of the last hour. */
  events: [minute: number, count: number][];
}

interface Attempts {
  delivered: boolean[];
  durations: number[];
}

/** What happened lately, since this process started: for whoever looks at it. */
export class Activity {
  readonly #sources = new Map<string, SourceActivity>();
  readonly #webhooks = new Map<string, Attempts>();

  observePoll(report: PollReport): void {
    const { source, result, at, events } = report;
    const known = this.#sources.get(source) ?? { results: [], polls: [], events: [] };
    this.#sources.set(source, known);
    known.results = [...known.results.slice(1 - RESULTS), result];
    if (!QUIET.includes(result)) known.polls = [pollView(report), ...known.polls.slice(0, NOTABLE - 1)];
    if (events.length === 0) return;
    const minute = Math.floor(at / MINUTE);
    const last = known.events.at(-1);
    if (last?.[0] === minute) last[1] += events.length;
    else known.events = [...known.events.slice(1 - HOUR), [minute, events.length]];
  }

  observeAttempt({ webhook, outcome, duration }: AttemptReport): void {
    const known = this.#webhooks.get(webhook) ?? { delivered: [], durations: [] };
    this.#webhooks.set(webhook, known);
    known.delivered.push(outcome === 'delivered');
    known.durations.push(duration);
    if (known.durations.length <= ATTEMPTS) return;
    known.delivered.shift();
    known.durations.shift();
  }

  ofSource(source: string, now: number) {
    const known = this.#sources.get(source);
    const since = now / MINUTE - HOUR;
    const lately = known?.events.filter(([minute]) => minute > since) ?? [];
    return {
      recent: known?.results ?? [],
      polls: known?.polls ?? [],
      events_last_hour: lately.reduce((sum, [, count]) => sum + count, 0),
    };
  }

  ofWebhook(webhook: string): WebhookView['recent'] {
    const { delivered, durations } = this.#webhooks.get(webhook) ?? { delivered: [], durations: [] };
    const sorted = durations.toSorted((a, b) => a - b).map(Math.round);
    return {
      attempts: durations.length,
      delivered: delivered.filter(Boolean).length,
      median_ms: sorted[Math.floor(sorted.length / 2)] ?? null,
      slowest_ms: sorted.at(-1) ?? null,
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
