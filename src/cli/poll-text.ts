import type { SourceConfig } from '../config/document.ts';
import type { Basis, Detected } from '../detect/contract.ts';
import { CODES, isSuspect } from '../errors.ts';
import { consequences, describeReading } from '../fetch/limits/describe.ts';
import type { LimitReport } from '../fetch/limits/report.ts';
import { counted, formatDuration } from '../lib/units.ts';
import type { Change, Json, SourceState } from '../model.ts';
import type { Failed, Poll, Seen } from '../poll.ts';
import { printable } from './printable.ts';

/** A poll as the command shows it. */
export interface Shown {
  readonly source: SourceConfig;
  /** The state that was compared with; null before the first snapshot. */
  readonly before: SourceState | null;
  readonly poll: Poll;
  /** Milliseconds. */
  readonly duration: number;
  readonly live: boolean;
  /** What the last answer said about rate limits; null without an answer. */
  readonly limitReport: LimitReport | null;
}

/** Items that are listed at most; `--json` has all. */
const MOST_CHANGES = 20;
const MOST_FIELDS = 10;
const MOST_KEYS = 5;
const MOST_RECORDS = 3;
const MOST_OF_KEY = 200;
const WIDEST = 300;

/** Describes a poll for people: the answer, the differences, the events. Each line is safe for a terminal. */
export function describePoll({ source, before, poll, duration, live, limitReport }: Shown): string {
  const status = poll.status === null ? 'no answer' : `status ${poll.status}`;
  const lines = [
    `${source.name}: ${source.method} ${placeOf(source.url)}: ${status} in ${formatDuration(Math.round(duration))}`,
  ];
  if (poll.kind === 'failed') {
    lines.push(
      `  ${resultOf(poll)}: ${poll.failure.message}`,
      `  ${CODES[poll.failure.code][1]} (${poll.failure.code})`,
    );
    if (poll.notBefore !== null)
      lines.push(`  not to be polled again before ${new Date(poll.notBefore).toISOString()}`);
    return finish([...lines, ...describeLimits(limitReport)]);
  }
  const { detected, warnings } = poll;
  const pages = poll.pages > 1 ? ` in ${poll.pages} pages` : '';
  lines.push(`  ${counted(detected.records, 'record')}${pages}; ${comparedWith(before, detected.basis)}`);
  lines.push(...describeBaseline(detected));
  if (poll.unsettled) lines.push(`  ${poll.unsettled}; missing records may still exist`);
  lines.push(...describeWaiting(source.name, detected));
  for (const change of detected.changes.slice(0, MOST_CHANGES)) lines.push(...describeChange(change));
  if (detected.changes.length > MOST_CHANGES)
    lines.push(`  … and ${detected.changes.length - MOST_CHANGES} more`);
  if (detected.changes.length === 0) lines.push('  no changes');
  lines.push(...describeEvents(source, poll), ...warnings.map((warning) => `  warning: ${warning}`));
  if (detected.ending?.finished != null)
    lines.push('  finished: `until` is true, the daemon does not poll it any more');
  lines.push(
    ...describeLimits(limitReport),
    live ? '  stored; the daemon delivers when it runs next' : '  nothing was stored or sent (--live does)',
  );
  return finish(lines);
}

/** The first records of a baseline, from which `key` and `ignore` are chosen. */
function describeBaseline({ basis, upserts }: Detected): string[] {
  if (basis !== 'stored' && upserts.length === 0) return ['    none, so that all later records are new'];
  const first = basis === 'stored' ? [] : upserts.slice(0, MOST_RECORDS);
  return first.map(({ key, text }) => `    ${titleOf(key)}: ${brief(text, WIDEST)}`);
}

/** Differences that are not reported (yet). */
function describeWaiting(name: string, { doubt, absent, unconfirmed }: Detected): string[] {
  const lines: string[] = [];
  if (doubt) {
    const { missing, examples, rejected, reason } = doubt;
    lines.push(
      `  suspect: ${reason}; ${rejected ? 'rejected' : `\`pollhook approve ${name}\` if it is right`}`,
    );
    if (examples.length > 0) lines.push(`    held: ${someOf(examples, missing)}`);
  }
  const gone = Object.keys(absent);
  if (gone.length > 0 && !doubt)
    lines.push(`  missing, reported as deleted if later polls miss them too: ${someOf(gone, gone.length)}`);
  const others = Object.entries(unconfirmed).map(
    ([key, { polls }]) => `${titleOf(key)} (seen ${times(polls)})`,
  );
  if (others.length > 0)
    lines.push(`  unconfirmed, reported if later polls show them too: ${someOf(others, others.length)}`);
  return lines;
}

/** The events, grouped by rule. */
function describeEvents(
  { events: rules }: SourceConfig,
  { events, deliveries, rules: madeBy, detected }: Seen,
): string[] {
  const receivers = Map.groupBy(deliveries, ({ event }) => event);
  const groups = Map.groupBy(events, ({ id, type }, at) => {
    const webhooks = (receivers.get(id) ?? []).map(({ webhook }) => webhook);
    const rule = rules.length > 1 ? `rule ${(madeBy[at] ?? 0) + 1}: ` : '';
    return `${rule}${type} to ${webhooks.join(', ')}`;
  });
  const lines = [...groups].map(([title, { length }]) => `  ${counted(length, 'event')}: ${title}`);
  if (events.length === 0 && detected.changes.length > 0)
    lines.push('  no events: no rule matches these changes');
  return lines;
}

function someOf(texts: readonly string[], count: number): string {
  const shown = texts.slice(0, MOST_KEYS);
  return `${shown.join(', ')}${count > shown.length ? ` … and ${count - shown.length} more` : ''}`;
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function titleOf(key: string): string {
  return key === '' ? 'the document' : brief(key, MOST_OF_KEY);
}

/** `suspect` if an answer came that cannot be trusted, `failed` if none came. */
export function resultOf({ failure }: Failed): 'suspect' | 'failed' {
  return isSuspect(failure) ? 'suspect' : 'failed';
}

/** How each rate-limit header was read, and the consequences. */
function describeLimits(limitReport: LimitReport | null): string[] {
  if (!limitReport || limitReport.readings.length === 0) return [];
  const read = limitReport.readings.map(
    (one) => `    ${one.header}: ${brief(one.value)}: ${describeReading(one)}`,
  );
  return ['  rate limits:', ...read, ...consequences(limitReport).map((line) => `    → ${line}`)];
}

function comparedWith(before: SourceState | null, basis: Basis): string {
  if (basis === 'first') return 'no snapshot yet, so this one is the baseline';
  if (basis === 'reset') return 'no snapshot since the reset, so this one is the baseline';
  const at = before ? new Date(before.shown).toISOString() : '';
  if (basis === 'rebaselined') return `what is compared has changed since ${at}, so this is a new baseline`;
  return `compared with the snapshot of ${at} (${counted(before?.records ?? 0, 'record')})`;
}

function describeChange(change: Change): string[] {
  const lines = [`  ${change.change} ${titleOf(change.key)}`];
  if (change.change !== 'updated') return lines;
  for (const { path, from, to } of change.fields.slice(0, MOST_FIELDS))
    lines.push(`    ${path || 'all of it'}: ${short(from)} → ${short(to)}`);
  const more = change.fields.length - MOST_FIELDS;
  if (more > 0) lines.push(`    … and ${change.truncated ? 'many' : more} more`);
  return lines;
}

function short(value: Json | undefined): string {
  return brief(value === undefined ? '(absent)' : JSON.stringify(value));
}

function brief(text: string, most = 60): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** A URL without its query string, which often holds keys. */
function placeOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

function finish(lines: readonly string[]): string {
  return `${lines.map(printable).join('\n')}\n`;
}
