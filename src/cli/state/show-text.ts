import type { StateLocation } from '../../config/document.ts';
import { printable } from '../printable.ts';
import type { Overview, ShownSource, ShownWebhook } from './overview.ts';
import { describePlace } from './place.ts';

/** Items that are listed at most; `--json` has all. */
const MOST_ABSENT = 20;

/** Two tables for people, each line safe for a terminal. */
export function describeOverview(state: StateLocation, { sources, webhooks }: Overview): string {
  const sourceRows = sources.map((source) => {
    const { name, configured, stored, note } = source;
    const absent = Object.keys(stored?.absent ?? {}).length;
    const remarks = [
      ...(hasSnapshot(source) ? [] : ['no snapshot']),
      ...(configured ? [] : ['not configured']),
      ...(note?.error ? [note.error] : []),
    ];
    return [
      ...[name, `${stored?.records ?? 0}`, `${stored?.sequence ?? 0}`, `${absent}`],
      ...[note ? time(note.polled) : 'never', remarks.join('; ') || '-'],
    ];
  });
  const webhookRows = webhooks.map((webhook) => {
    const { name, configured, backlog } = webhook;
    const standing = configured ? describeStanding(webhook) : `not configured; ${describeStanding(webhook)}`;
    return [name, `${backlog?.pending ?? 0}`, `${backlog?.dead ?? 0}`, standing];
  });
  return finish([
    describePlace(state),
    '',
    ...table(['SOURCE', 'RECORDS', 'EVENTS', 'ABSENT', 'LAST POLL', 'PROBLEM'], sourceRows),
    '',
    ...table(['WEBHOOK', 'PENDING', 'DEAD', 'STATE'], webhookRows),
  ]);
}

/** Describes the stored state of one source. */
export function describeSource(source: ShownSource): string {
  const { name, configured, stored, note } = source;
  const lines = [configured ? name : `${name} (not configured)`];
  if (stored && hasSnapshot(source))
    lines.push(`  records       ${stored.records}, as of ${time(stored.shown)}`);
  else lines.push(`  records       none: ${stored ? 'it was reset' : 'nothing was stored yet'}`);
  lines.push(`  events so far ${stored?.sequence ?? 0}`, `  commits       ${stored?.version ?? 0}`);
  lines.push(`  last poll     ${note ? time(note.polled) : 'never'}`);
  lines.push(`  last success  ${note?.succeeded == null ? 'never' : time(note.succeeded)}`);
  if (note?.error) lines.push(`  problem       ${note.error} (${note.failures} failed in a row)`);
  if (note && note.notBefore > note.polled) lines.push(`  not before    ${time(note.notBefore)}`);
  const absent = Object.entries(stored?.absent ?? {});
  for (const [key, { polls, window }] of absent.slice(0, MOST_ABSENT))
    lines.push(
      `  absent        ${key}, in ${polls} ${polls === 1 ? 'poll' : 'polls'} since ${time(window.by)}`,
    );
  if (absent.length > MOST_ABSENT) lines.push(`  … and ${absent.length - MOST_ABSENT} more are absent`);
  const unconfirmed = Object.entries(stored?.unconfirmed ?? {});
  for (const [key, { polls, window }] of unconfirmed.slice(0, MOST_ABSENT))
    lines.push(
      `  unconfirmed   ${key}, in ${polls} ${polls === 1 ? 'poll' : 'polls'} since ${time(window.by)}`,
    );
  if (unconfirmed.length > MOST_ABSENT)
    lines.push(`  … and ${unconfirmed.length - MOST_ABSENT} more are unconfirmed`);
  const finished = stored?.ending?.finished;
  if (finished != null) lines.push(`  finished      ${time(finished)}`);
  return finish(lines);
}

export function sourceAsData({ name, configured, stored, note }: ShownSource): unknown {
  return {
    name,
    configured,
    records: stored?.records ?? 0,
    events: stored?.sequence ?? 0,
    version: stored?.version ?? 0,
    shown: stored && stored.shown > 0 ? time(stored.shown) : null,
    last_poll: note && time(note.polled),
    last_success: note?.succeeded == null ? null : time(note.succeeded),
    failures: note?.failures ?? 0,
    problem: note?.error ?? null,
    absent: Object.keys(stored?.absent ?? {}),
    unconfirmed: Object.keys(stored?.unconfirmed ?? {}),
    finished: stored?.ending?.finished == null ? null : time(stored.ending.finished),
  };
}

export function webhookAsData(webhook: ShownWebhook): unknown {
  const { name, configured, backlog, standing } = webhook;
  return {
    name,
    configured,
    pending: backlog?.pending ?? 0,
    dead: backlog?.dead ?? 0,
    oldest: backlog?.oldest == null ? null : time(backlog.oldest),
    failures: standing?.failures ?? 0,
    failing: standing?.probe != null,
    held: standing?.held?.reason ?? null,
    paused_until: standing && standing.pausedUntil > 0 ? time(standing.pausedUntil) : null,
  };
}

function describeStanding({ standing }: ShownWebhook): string {
  if (standing?.held) return `held since ${time(standing.held.since)}: ${standing.held.reason}`;
  if (standing?.probe)
    return `failing: ${standing.failures} attempts in a row, next one ${time(standing.probe.at)}`;
  return standing && standing.failures > 0 ? `${standing.failures} failed in a row` : '-';
}

/** Whether there is a snapshot; after a reset there is none. */
function hasSnapshot({ stored }: ShownSource): boolean {
  return stored !== null && stored.comparison !== '';
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

function finish(lines: readonly string[]): string {
  return `${lines.map(printable).join('\n')}\n`;
}
