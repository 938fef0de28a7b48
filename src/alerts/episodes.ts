import type { JsonObject } from '../model.ts';
import { type Alert, type AlertType, isoTime, type Subject } from './alert.ts';

/** What can be wrong with a source or a webhook for a while. */
const CONDITIONS = ['failing', 'stale', 'suspect', 'held'] as const;
export type Condition = (typeof CONDITIONS)[number];

/** What was told of a subject: what is open, and since when; what was last told of things that have no end. */
export interface Told {
  readonly open: Readonly<{ [condition in Condition]?: number }>;
  readonly last: Readonly<{ dead?: number; refused?: number; finished?: number }>;
}

export const NOTHING_TOLD: Told = { open: {}, last: {} };

/** What is told from now on, and what to send for it. The same object as before when nothing is to be said. */
export interface Step {
  readonly told: Told;
  readonly alerts: readonly Alert[];
}

export function quiet(told: Told): Step {
  return { told, alerts: [] };
}

/** Begins an episode, and says so, unless it is under way. */
export function open(
  told: Told,
  condition: Condition,
  subject: Subject,
  at: number,
  message: string,
  details: JsonObject = {},
): Step {
  if (told.open[condition] !== undefined) return quiet(told);
  const type: AlertType =
    subject.kind === 'source'
      ? `pollhook.source.${condition as 'failing' | 'stale' | 'suspect'}`
      : `pollhook.webhook.${condition as 'failing' | 'held'}`;
  return {
    told: { ...told, open: { ...told.open, [condition]: at } },
    alerts: [{ type, subject, at, message, details }],
  };
}

/** Ends episodes. That all is well again is said when none is left. */
export function close(told: Told, ended: readonly Condition[], subject: Subject, at: number): Step {
  const over = ended.filter((condition) => told.open[condition] !== undefined);
  if (over.length === 0) return quiet(told);
  const left = { ...told.open };
  for (const condition of over) delete left[condition];
  const next = { ...told, open: left };
  if (Object.keys(left).length > 0) return quiet(next);
  const since = Math.min(...over.map((condition) => told.open[condition] ?? at));
  return {
    told: next,
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

/** One step after another. */
export function chain(first: Step, then: (told: Told) => Step): Step {
  const second = then(first.told);
  return { told: second.told, alerts: [...first.alerts, ...second.alerts] };
}

export function textOf(told: Told): string {
  return JSON.stringify(told);
}

/** Reads what {@link textOf} wrote; another version may have known other conditions. */
export function toldOf(text: string): Told {
  const { open, last } = JSON.parse(text) as Partial<Told>;
  return { open: { ...open }, last: { ...last } };
}
