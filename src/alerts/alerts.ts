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
import { NOTHING_TOLD, type Step, type Told } from './episodes.ts';
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
  /** Something new is owed to these webhooks. */
  readonly wake: (webhooks: readonly string[]) => void;
}

/**
 * Tells operators, through webhooks, what they should know of pollhook itself: each thing once per episode, also over
 * restarts. What was told is the snapshot of a source of its own (lib/alert-source.ts), committed in one step with the
 * events that tell it, so that a crash repeats nothing, and the next poll or attempt tells what was lost. Without
 * anybody to tell, it is only logged.
 */
export interface Alerts {
  /** Whom to tell from now on. */
  configure(config: Pick<Config, 'alerts'>): void;
  observePoll(report: PollReport): void;
  observeAttempt(report: AttemptReport): void;
  /** A source had finished before the start: told now if a process that was killed did not come to that. */
  ended(source: Ended): void;
  /** A source shows nothing that can be trusted. `since`: when it last did, Unix milliseconds; null: never. */
  stale(source: string, since: number | null): void;
  /** A changed configuration cannot be used; `problems` as `pollhook check` prints them, a line each. */
  configRejected(problems: readonly string[]): void;
  /** A changed configuration is in force; `changes` in words, a line each. */
  configReloaded(changes: readonly string[]): void;
  /** Dead letters that were held back are due to be told. */
  flush(): void;
  /** Commits what is left to say. */
  stop(): Promise<void>;
}

/** No reason to look at the log. */
const GOOD = /\.(?:recovered|rebaselined|finished|reloaded)$/;

/** A line each; more is read in the log. */
const MOST_LINES = 20;

/** Reads what was told before. Throws STATE_… when that cannot be read. */
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
    take(subject, (told) => afterStanding(told, standing, null, clock.now()));
  }
  for (const { webhook, dead } of sendTo.length > 0 ? await store.backlog() : []) {
    const letters = dead > 0 ? await unreportedDeadLetters(webhook, toldOfDead(webhook) ?? 0, store) : null;
    if (letters) bury(webhook, letters, clock.now());
  }

  function take(subject: Subject, judge: (told: Told) => Step): void {
    const key = keyOf(subject);
    const before = memory.told.get(key) ?? NOTHING_TOLD;
    const { told, alerts } = judge(before);
    if (told === before && alerts.length === 0) return;
    memory.told.set(key, told);
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

  /** One commit after another, each of all that was raised meanwhile. */
  async function write(): Promise<void> {
    // What one turn of the event loop raises is one commit.
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
        // A state that failed stops the process, and says so itself.
        if (!(error instanceof PollhookError))
          log.error({ err: messageOf(error) }, 'operational events could not be stored');
        break;
      }
    }
    // In the same turn in which nothing was left: what is raised later begins anew.
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

  function toldOfDead(name: string): number | undefined {
    return memory.told.get(keyOf({ kind: 'webhook', name }))?.last.dead;
  }

  /** More dead letters: told at once, or together with others if some were told lately. */
  function bury(name: string, more: DeadLetters, at: number): void {
    dead.set(name, { ...more, count: (dead.get(name)?.count ?? 0) + more.count });
    if (!within(toldOfDead(name), at)) tellDead(name);
  }

  function tellDead(name: string): void {
    const letters = dead.get(name);
    const subject: Subject = { kind: 'webhook', name };
    if (!letters) return;
    dead.delete(name);
    take(subject, (told) => deadLetters(told, letters, clock.now()));
  }

  return {
    configure({ alerts }) {
      // What happened while there was nobody to tell is told when it is seen again.
      if (sendTo.length === 0 && alerts.length > 0) for (const key of changed) memory.told.delete(key);
      sendTo = alerts;
    },
    observePoll(report) {
      take({ kind: 'source', name: report.source }, (told) => afterPoll(told, report));
    },
    observeAttempt(report) {
      const { webhook: name, settled, error, at } = report;
      take({ kind: 'webhook', name }, (told) => afterAttempt(told, report));
      const letters = settled.filter(isDeadLetter);
      const newest = letters.at(-1)?.delivery;
      if (newest) bury(name, { count: letters.length, newest, error }, at);
    },
    ended(source) {
      take({ kind: 'source', name: source.source }, (told) => afterEnding(told, source));
    },
    stale(source, since) {
      take({ kind: 'source', name: source }, (told) => afterSilence(told, source, since, clock.now()));
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
        if (!within(toldOfDead(name), now)) tellDead(name);
      }
    },
    async stop() {
      for (const name of [...dead.keys()]) tellDead(name);
      await writing;
    },
  };
}
