import { isoTime } from '../lib/iso-time.ts';
import type { JsonObject } from '../model.ts';
import type { Alert, AlertType, Subject } from './alert.ts';

/** Conditions of a source or webhook that last for a while. */
const CONDITIONS = ['failing', 'stale', 'suspect', 'held'] as const;
export type Condition = (typeof CONDITIONS)[number];

/**
 * What was reported of a subject: open conditions with their start, and when events without an end were last
 * reported.
 */
export interface Reported {
  readonly open: Readonly<{ [condition in Condition]?: number }>;
  readonly last: Readonly<{ dead?: number; refused?: number; finished?: number }>;
}

export const NOTHING_REPORTED: Reported = { open: {}, last: {} };

/** The new record of what was reported, and the alerts to send. The record is the same object if nothing changes. */
export interface Step {
  readonly reported: Reported;
  readonly alerts: readonly Alert[];
}

export function quiet(reported: Reported): Step {
  return { reported, alerts: [] };
}

type OpenAlert = Omit<Alert, 'type' | 'subject' | 'details'> & {
  readonly subject: Subject;
  readonly details?: JsonObject;
};

/** Opens a condition and reports it, unless it is open already. */
export function open(reported: Reported, condition: Condition, { details = {}, ...alert }: OpenAlert): Step {
  if (reported.open[condition] !== undefined) return quiet(reported);
  const type: AlertType =
    alert.subject.kind === 'source'
      ? `pollhook.source.${condition as 'failing' | 'stale' | 'suspect'}`
      : `pollhook.webhook.${condition as 'failing' | 'held'}`;
  return {
    reported: { ...reported, open: { ...reported.open, [condition]: alert.at } },
    alerts: [{ ...alert, type, details }],
  };
}

/** Closes conditions. The recovery is reported when none is left open. */
export function close(reported: Reported, ended: readonly Condition[], subject: Subject, at: number): Step {
  const over = ended.filter((condition) => reported.open[condition] !== undefined);
  if (over.length === 0) return quiet(reported);
  const left = { ...reported.open };
  for (const condition of over) delete left[condition];
  const next = { ...reported, open: left };
  if (Object.keys(left).length > 0) return quiet(next);
  const since = Math.min(...over.map((condition) => reported.open[condition] ?? at));
  return {
    reported: next,
    alerts: [
      {
        type: `pollhook.${subject.kind}.recovered`,
        subject,
        at,
        message: `no longer ${over.join(' and ')}`,
        details: { was: over, since: isoTime(since) },
      },
    ],
  };
}

/** Combines two steps. */
export function chain(first: Step, then: (reported: Reported) => Step): Step {
  const second = then(first.reported);
  return { reported: second.reported, alerts: [...first.alerts, ...second.alerts] };
}

export function textOf(reported: Reported): string {
  return JSON.stringify(reported);
}

/** Reads what {@link textOf} wrote; another version may have known other conditions. */
export function reportedFrom(text: string): Reported {
  const { open, last } = JSON.parse(text) as Partial<Reported>;
  return { open: { ...open }, last: { ...last } };
}
