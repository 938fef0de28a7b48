import type { SourceConfig } from './config/document.ts';
import type { Basis, Doubt } from './detect/contract.ts';
import { type Failure, isSuspect } from './errors.ts';
import { counted, formatWait } from './lib/units.ts';
import type { Change, ChangeEvent, ChangeKind } from './model.ts';
import type { Polled } from './poll.ts';

export type PollResult = 'unchanged' | 'not_modified' | 'changed' | 'failed' | 'suspect';

/** What observers (log, metrics, alerts, dispatcher) are given after each poll, once it is stored. */
export interface PollReport {
  readonly source: string;
  readonly result: PollResult;
  readonly status: number | null;
  /** From request to commit, milliseconds. */
  readonly duration: number;
  readonly at: number;
  /** Records that the answer showed; null if it cannot be trusted. */
  readonly records: number | null;
  /** Changed records, by kind of change. Rules may make no event or several of each. */
  readonly changes: Readonly<Record<ChangeKind, number>>;
  readonly events: readonly ChangeEvent[];
  /** Webhooks with new deliveries. */
  readonly webhooks: readonly string[];
  /** Warnings about the configuration: expressions that failed, options that do not fit what the source answers. */
  readonly warnings: readonly string[];
  readonly failure: Failure | null;
  /** Failed polls in a row, this one included. */
  readonly failures: number;
  readonly doubt: string | null;
  /** Why records that were not shown may still exist, although all were asked for; null if they are gone. */
  readonly unsettled: string | null;
  /** Identifies the doubt: the same at every poll as long as the doubt is the same; null without one. */
  readonly suspicion: string | null;
  /** The deletions that are held; null if there are none. */
  readonly held: Doubt | null;
  /** When the source finished (`until`), so that no more polls are due; null while they are. */
  readonly finished: number | null;
  /** Why there is a new baseline, if there is one. */
  readonly baseline: Exclude<Basis, 'stored'> | null;
}

/**
 * @param duration from request to commit, milliseconds
 * @param at when it ended, Unix milliseconds
 */
export function reportOf(
  { name }: SourceConfig,
  { poll, note: { failures } }: Polled,
  duration: number,
  at: number,
): PollReport {
  const common = { source: name, status: poll.status, duration, at, failures };
  if (poll.kind === 'failed') {
    const suspect = isSuspect(poll.failure);
    return {
      ...common,
      result: suspect ? 'suspect' : 'failed',
      records: null,
      changes: countsOf([]),
      events: [],
      webhooks: [],
      warnings: [],
      failure: poll.failure,
      doubt: suspect ? poll.failure.message : null,
      unsettled: null,
      suspicion: suspect ? poll.failure.code : null,
      held: null,
      finished: null,
      baseline: null,
    };
  }
  const { detected, events, deliveries, warnings, status } = poll;
  const quiet = status === 304 ? 'not_modified' : 'unchanged';
  return {
    ...common,
    result: detected.doubt ? 'suspect' : detected.changes.length > 0 ? 'changed' : quiet,
    records: detected.doubt ? null : detected.records,
    changes: countsOf(detected.changes),
    events,
    webhooks: [...new Set(deliveries.map((delivery) => delivery.webhook))],
    warnings,
    failure: null,
    doubt: detected.doubt?.reason ?? null,
    unsettled: poll.unsettled,
    suspicion: detected.doubt && String(detected.doubt.wave),
    held: detected.doubt,
    finished: detected.ending?.finished ?? null,
    baseline: detected.basis === 'stored' ? null : detected.basis,
  };
}

function countsOf(changes: readonly Change[]): Record<ChangeKind, number> {
  const counts = { created: 0, updated: 0, deleted: 0 };
  for (const { change } of changes) counts[change] += 1;
  return counts;
}

const KINDS = ['created', 'updated', 'deleted'] as const;
const NOTHING_TAKEN = 'nothing of this answer is taken, what is known stays as it is';
const NOTHING_DELETED = 'nothing is reported as deleted until an answer shows the records again';

interface Line {
  readonly level: 'debug' | 'info' | 'warn';
  readonly fields: Readonly<{ [name: string]: unknown }>;
  readonly message: string;
}

/** The source before the poll, and in how many milliseconds the next poll is due. */
export interface Episode {
  readonly failures: number;
  /** The doubt that was logged last, if it lasts. */
  readonly suspicion: string | null;
  readonly due: number;
}

/** The log line of a poll: what happened and what follows. Quiet unless something changed, failed, or ended. */
export function lineOf(report: PollReport, { failures, suspicion, due }: Episode): Line {
  const { status, failure, doubt, events, records, held } = report;
  const fields = { status, duration_ms: Math.round(report.duration) };
  const next = due === Number.POSITIVE_INFINITY ? 'no poll is due again' : `next poll in ${formatWait(due)}`;
  if (report.result === 'failed' && failure) {
    const count = failures > 0 ? `, ${failures + 1} times in a row` : '';
    const message = `poll failed${count}: ${failure.message}; nothing is lost, ${next}`;
    return { level: 'warn', fields: { ...fields, err: failure.code }, message };
  }
  const isNews = doubt !== null && report.suspicion !== suspicion && !held?.rejected;
  const shown = records === null ? 'an answer in doubt' : counted(records, 'record');
  const parts = [
    failures > 0 && `works again after ${counted(failures, 'failed poll')}`,
    report.baseline === 'first' && `first snapshot: ${shown}`,
    report.baseline === 'reset' && `reset: new baseline of ${shown}, no events`,
    report.baseline === 'rebaselined' && `what is compared has changed: new baseline of ${shown}, no events`,
    isChange(report) && `${changesOf(report)} in ${shown}`,
    isNews && `suspect: ${doubt}; ${failure ? NOTHING_TAKEN : NOTHING_DELETED}`,
    !doubt && suspicion !== null && 'no longer suspect',
    report.finished !== null && 'finished: `until` is true, no poll is due again',
    report.unsettled && `${report.unsettled}; missing records wait for a list that stands still`,
  ].filter((part) => typeof part === 'string');
  const level = isNews ? 'warn' : parts.length > 0 ? 'info' : 'debug';
  return {
    level,
    fields: {
      ...fields,
      ...(failure && { err: failure.code }),
      ...(events.length > 0 && { events: events.length }),
    },
    message: parts.join('; ') || (doubt ? `still suspect: ${doubt}` : 'unchanged'),
  };
}

function isChange({ changes }: PollReport): boolean {
  return KINDS.some((kind) => changes[kind] > 0);
}

/** `2 created, 1 deleted`; with the number of events if it is another one. */
function changesOf({ changes, events }: PollReport): string {
  const kinds = KINDS.filter((kind) => changes[kind] > 0);
  const total = kinds.reduce((sum, kind) => sum + changes[kind], 0);
  const counts = kinds.map((kind) => `${changes[kind]} ${kind}`).join(', ');
  return events.length === total ? counts : `${counts} (${counted(events.length, 'event')})`;
}
