import type { SourceConfig } from '../config/document.ts';
import { CODES, isSuspect } from '../errors.ts';
import type { Heard } from '../fetch/limits/heard.ts';
import { consequences, inWords } from '../fetch/limits/words.ts';
import { counted, formatDuration } from '../lib/units.ts';
import type { Change, Json, SourceState } from '../model.ts';
import type { Failed, Poll } from '../poll.ts';
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
  /** What the last answer said of rate limits; null without an answer. */
  readonly heard: Heard | null;
}

/** More are counted, not listed: `--json` has them all. */
const MOST_CHANGES = 20;
const MOST_FIELDS = 10;

/** A poll for people: what came, what differs, what would be sent. Each line is safe for a terminal. */
export function describePoll({ source, before, poll, duration, live, heard }: Shown): string {
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
      lines.push(`  not to be asked again before ${new Date(poll.notBefore).toISOString()}`);
    return finish([...lines, ...describeLimits(heard)]);
  }
  const { detected, events, deliveries } = poll;
  const pages = poll.pages > 1 ? ` in ${poll.pages} pages` : '';
  lines.push(`  ${counted(detected.records, 'record')}${pages}; ${comparedWith(before, detected.basis)}`);
  if (detected.doubt) lines.push(`  suspect: ${detected.doubt.reason}; deletions are held`);
  if (poll.unsettled) lines.push(`  ${poll.unsettled}; what is missing proves nothing`);
  const missing = Object.keys(detected.absent).length;
  if (missing > 0 && !detected.doubt)
    lines.push(`  ${missing} missing, reported as deleted if later polls miss them too`);
  for (const change of detected.changes.slice(0, MOST_CHANGES)) lines.push(...describeChange(change));
  if (detected.changes.length > MOST_CHANGES)
    lines.push(`  … and ${detected.changes.length - MOST_CHANGES} more`);
  if (detected.changes.length === 0) lines.push('  no changes');
  if (events.length > 0) {
    const webhooks = [...new Set(deliveries.map(({ webhook }) => webhook))].join(', ');
    lines.push(`  ${counted(events.length, 'event')}, to be sent to ${webhooks}`);
  }
  lines.push(
    ...describeLimits(heard),
    live ? '  stored; the daemon delivers when it runs next' : '  nothing was stored or sent (--live does)',
  );
  return finish(lines);
}

/** The same as data. */
export function pollAsData({ source, before, poll, duration, live, heard }: Shown): unknown {
  const limits = (heard?.readings ?? []).map((reading) => {
    return { header: reading.header, value: reading.value, meaning: inWords(reading) };
  });
  const follows = heard ? consequences(heard) : [];
  const common = {
    source: source.name,
    status: poll.status,
    duration_ms: Math.round(duration),
    limits: { headers: limits, follows },
  };
  if (poll.kind === 'failed')
    return { ...common, result: resultOf(poll), error: poll.failure, not_before: poll.notBefore };
  const { detected, events, deliveries } = poll;
  return {
    ...common,
    result: detected.doubt ? 'suspect' : events.length > 0 ? 'changed' : 'unchanged',
    basis: detected.basis,
    compared_with_version: before?.version ?? null,
    records: detected.records,
    pages: poll.pages,
    missing: Object.keys(detected.absent),
    doubt: detected.doubt?.reason ?? null,
    unsettled: poll.unsettled,
    events: events.map(({ id, body }) => ({ id, body: JSON.parse(body) })),
    deliveries,
    stored: live,
  };
}

function resultOf({ failure }: Failed): 'suspect' | 'failed' {
  return isSuspect(failure) ? 'suspect' : 'failed';
}

/** How each header about rate limits was read, and what follows from all of them. */
function describeLimits(heard: Heard | null): string[] {
  if (!heard || heard.readings.length === 0) return [];
  const read = heard.readings.map((one) => `    ${one.header}: ${brief(one.value)}: ${inWords(one)}`);
  return ['  rate limits:', ...read, ...consequences(heard).map((line) => `    → ${line}`)];
}

function comparedWith(before: SourceState | null, basis: 'first' | 'rebaselined' | 'stored'): string {
  if (basis === 'first') return 'no snapshot yet, so this one is the baseline';
  const at = before ? new Date(before.shown).toISOString() : '';
  if (basis === 'rebaselined') return `what is compared has changed since ${at}, so this is a new baseline`;
  return `compared with the snapshot of ${at} (${counted(before?.records ?? 0, 'record')})`;
}

function describeChange(change: Change): string[] {
  const lines = [`  ${change.change} ${change.key === '' ? 'the document' : change.key}`];
  if (change.change !== 'updated') return lines;
  for (const { path, from, to } of change.fields.slice(0, MOST_FIELDS))
    lines.push(`    ${path}: ${short(from)} → ${short(to)}`);
  const more = change.fields.length - MOST_FIELDS;
  if (more > 0) lines.push(`    … and ${change.truncated ? 'many' : more} more`);
  return lines;
}

function short(value: Json | undefined): string {
  return brief(value === undefined ? '(absent)' : JSON.stringify(value));
}

function brief(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** Query strings often hold keys. */
function placeOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

function finish(lines: readonly string[]): string {
  return `${lines.map(printable).join('\n')}\n`;
}
