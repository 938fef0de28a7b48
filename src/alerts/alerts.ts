import type { Config } from '../config/document.ts';
import type { AttemptReport } from '../deliver/report.ts';
import { messageOf, PollhookError } from '../errors.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { Redactor } from '../lib/redact.ts';
import { counted } from '../lib/units.ts';
import type { PollReport } from '../poll-report.ts';
import type { Store } from '../store/contract.ts';
import { type Alert, alertEvent, keyOf, owedFor, type Subject } from './alert.ts';
import { NOTHING_REPORTED, quiet, type Reported, type Step } from './episodes.ts';
import { readMemory, writeMemory } from './memory.ts';
import { afterEnding, afterPoll, afterSilence, type Ended } from './source.ts';
import { unreportedDeadLetters } from './unreported.ts';
import {
  afterAttempt,
  afterStanding,
  type DeadLetters,
  deadLetters,
  isDeadLetter,
  within,
} from './webhook.ts';

export interface AlertsDeps {
  readonly store: Pick<
    Store,
    | 'identity'
    | 'source'
    | 'digests'
    | 'values'
    | 'commit'
    | 'webhooks'
    | 'backlog'
    | 'deliveries'
    | 'attempts'
  >;
  readonly clock: Clock;
  readonly log: Logger;
  readonly redactor: Redactor;
  /** Called with the webhooks that have new deliveries. */
  readonly wake: (webhooks: readonly string[]) => void;
}

/**
 * Sends operational events about pollhook itself: each condition once until it ends, also over restarts. What was
 * reported is stored as the snapshot of a source of its own (lib/alert-source.ts) and committed in one step with the
 * events, so that a crash repeats nothing, and the next poll or attempt reports what was lost. Without
 * `alerts.send_to` alerts are only logged.
 */
export interface Alerts {
  /** Applies another `alerts.send_to`. */
  configure(config: Pick<Config, 'alerts'>): void;
  observePoll(report: PollReport): void;
  observeAttempt(report: AttemptReport): void;
  /** A source had finished before the start: reported now if the process was killed before it could. */
  ended(source: Ended): void;
  /** A source goes on under another name: what was reported of it is not reported again. */
  renamed(from: string, to: string): void;
  /**
   * A source has had no successful poll for too long. `since`: when the last one was, Unix milliseconds; null: never.
   */
  stale(source: string, since: number | null): void;
  /** A changed configuration cannot be used; `problems` as `pollhook check` prints them, a line each. */
  configRejected(problems: readonly string[]): void;
  /** A changed configuration is in force; `changes` in words, a line each. */
  configReloaded(changes: readonly string[]): void;
  /** Reports dead letters whose report was put off, if it is due. */
  flush(): void;
  /** Commits the remaining alerts. */
  stop(): Promise<void>;
}

/** Alerts that are logged as `info`. */
const GOOD = /\.(?:recovered|rebaselined|finished|reloaded)$/;

/** Lines of details at most; the log has all. */
const MOST_LINES = 20;

/** Restores what was reported before. Throws STATE_… when that cannot be read. */
export async function createAlerts(
  config: Pick<Config, 'alerts'>,
  { store, clock, log, redactor, wake }: AlertsDeps,
): Promise<Alerts> {
  let sendTo = config.alerts;
  const memory = await readMemory(store);
  const dead = new Map<string, DeadLetters>();
  let unsaid: Alert[] = [];
  const changed = new Set<string>();
  let writing: Promise<void> | null = null;

  for (const standing of await store.webhooks()) {
    const subject: Subject = { kind: 'webhook', name: standing.name };
    take(subject, (reported) => afterStanding(reported, standing, null, clock.now()));
  }
  for (const { webhook, dead } of sendTo.length > 0 ? await store.backlog() : []) {
    const letters =
      dead > 0 ? await unreportedDeadLetters(webhook, lastDeadReport(webhook) ?? 0, store) : null;
    if (letters) addDead(webhook, letters, clock.now());
  }

  function take(subject: Subject, judge: (reported: Reported) => Step): void {
    const key = keyOf(subject);
    const before = memory.reported.get(key) ?? NOTHING_REPORTED;
    const { reported, alerts } = judge(before);
    if (reported === before && alerts.length === 0) return;
    memory.reported.set(key, reported);
    changed.add(key);
    say(alerts);
  }

  function say(alerts: readonly Alert[]): void {
    for (const alert of alerts) {
      const { type, subject, message } = alert;
      log[GOOD.test(type) ? 'info' : 'warn'](
        { ...(subject && { [subject.kind]: subject.name }), alert: type },
        message,
      );
      if (sendTo.length > 0) unsaid.push(alert);
    }
    writing ??= write();
  }

  /** Commits all alerts raised so far, repeatedly until none is left. */
  async function write(): Promise<void> {
    // Alerts of one turn of the event loop share one commit.
    await null;
    while (sendTo.length > 0 && (unsaid.length > 0 || changed.size > 0)) {
      const alerts = unsaid;
      const keys = [...changed];
      unsaid = [];
      changed.clear();
      try {
        const said = await commit(alerts, keys);
        wake([...new Set(said)]);
      } catch (error) {
        // A store that failed stops the process, and reports that itself.
        if (!(error instanceof PollhookError))
          log.error({ err: messageOf(error) }, 'operational events could not be stored');
        break;
      }
    }
    // In the same turn as the last check: a later alert starts another write.
    writing = null;
  }

  async function commit(alerts: readonly Alert[], keys: readonly string[]): Promise<readonly string[]> {
    for (;;) {
      const origin = { identity: store.identity, redactor };
      const events = alerts.map((alert, index) =>
        alertEvent(alert, { ...origin, sequence: memory.sequence + index + 1 }),
      );
      const deliveries = events.flatMap((event, index) => owedFor(event, alerts[index] as Alert, sendTo));
      const outcome = await writeMemory(store, memory, { keys, events, deliveries, now: clock.now() });
      if (outcome === 'committed') return deliveries.map(({ webhook }) => webhook);
    }
  }

  function lastDeadReport(name: string): number | undefined {
    return memory.reported.get(keyOf({ kind: 'webhook', name }))?.last.dead;
  }

  /** Adds dead letters: reported at once, or later together with others if there was a recent report. */
  function addDead(name: string, more: DeadLetters, at: number): void {
    dead.set(name, { ...more, count: (dead.get(name)?.count ?? 0) + more.count });
    if (!within(lastDeadReport(name), at)) reportDead(name);
  }

  function reportDead(name: string): void {
    const letters = dead.get(name);
    const subject: Subject = { kind: 'webhook', name };
    if (!letters) return;
    dead.delete(name);
    take(subject, (reported) => deadLetters(reported, letters, clock.now()));
  }

  return {
    configure({ alerts }) {
      // Conditions that could not be reported so far are reported when they are seen again.
      if (sendTo.length === 0 && alerts.length > 0) for (const key of changed) memory.reported.delete(key);
      sendTo = alerts;
    },
    observePoll(report) {
      take({ kind: 'source', name: report.source }, (reported) => afterPoll(reported, report));
    },
    observeAttempt(report) {
      const { webhook: name, settled, error, at } = report;
      take({ kind: 'webhook', name }, (reported) => afterAttempt(reported, report));
      const letters = settled.filter(isDeadLetter);
      const newest = letters.at(-1)?.delivery;
      if (newest) addDead(name, { count: letters.length, newest, error }, at);
    },
    ended(source) {
      take({ kind: 'source', name: source.source }, (reported) => afterEnding(reported, source));
    },
    renamed(from, to) {
      const before = memory.reported.get(keyOf({ kind: 'source', name: from })) ?? NOTHING_REPORTED;
      take({ kind: 'source', name: from }, () => quiet(NOTHING_REPORTED));
      take({ kind: 'source', name: to }, () => quiet(before));
    },
    stale(source, since) {
      take({ kind: 'source', name: source }, (reported) =>
        afterSilence(reported, source, since, clock.now()),
      );
    },
    configRejected(problems) {
      const shown = problems.slice(0, MOST_LINES).map((line) => redactor.redact(line));
      const message = `the configuration has ${counted(problems.length, 'mistake')}; the one before stays in force`;
      const details = { problems: shown };
      say([{ type: 'pollhook.config.rejected', subject: null, at: clock.now(), message, details }]);
    },
    configReloaded(changes) {
      const shown = changes.slice(0, MOST_LINES).map((line) => redactor.redact(line));
      const message = `the changed configuration is in force: ${counted(changes.length, 'change')}`;
      const details = { changes: shown };
      say([{ type: 'pollhook.config.reloaded', subject: null, at: clock.now(), message, details }]);
    },
    flush() {
      const now = clock.now();
      for (const name of [...dead.keys()]) {
        if (!within(lastDeadReport(name), now)) reportDead(name);
      }
    },
    async stop() {
      for (const name of [...dead.keys()]) reportDead(name);
      await writing;
    },
  };
}
