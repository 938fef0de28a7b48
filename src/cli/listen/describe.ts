import { isShallow, parseJson } from '../../lib/json.ts';
import { counted } from '../../lib/units.ts';
import { printable } from '../printable.ts';
import type { Headers } from './schemes.ts';
import type { Verdict } from './verify.ts';

/** Characters of one value, and lines of changes, that are printed. */
const LONGEST_VALUE = 120;
const MOST_CHANGES = 20;
/** Lines of a batch that are printed. */
const MOST_LINES = 100;

interface Described {
  readonly headers: Headers;
  readonly body: Buffer;
  readonly verdict: Verdict;
  /** The status that the message is answered with. */
  readonly answered: number;
  /** Unix milliseconds. */
  readonly now: number;
}

/** A received message as lines for a terminal: time, type, key, whether it is genuine, then what changed. */
export function describeEvent({ headers, body, verdict, answered, now }: Described): string[] {
  const { type, key, lines } = eventIn(headers, body);
  const attempt = Number(headers['pollhook-attempt']?.[0] ?? 1);
  const headline = [
    new Date(now).toISOString().slice(11, 23),
    type === null ? 'not a pollhook event' : text(type),
    ...(key === null ? [] : [text(key)]),
    checked(verdict),
    ...(attempt > 1 ? [`attempt ${attempt}`] : []),
    ...(answered >= 300 ? [`answered ${answered}`] : []),
  ].join('  ');
  return [headline, ...lines.map((line) => `    ${line}`)].map(printable);
}

interface Content {
  readonly type: string | null;
  readonly key: string | null;
  readonly lines: readonly string[];
}

/** The event in a message: parsed from the standard body or CloudEvents, else the headers and the plain body. */
function eventIn(headers: Headers, body: Buffer): Content {
  const header = (name: string) => headers[name]?.[0];
  const batch = header('pollhook-batch') === undefined ? null : parseList(body);
  if (batch) return { type: `batch of ${counted(batch.length, 'event')}`, key: null, lines: listed(batch) };
  const whole = asObject(parse(body));
  const named = header('pollhook-event');
  const type = typeof whole.type === 'string' && 'data' in whole ? whole.type : (named ?? null);
  const data = header('ce-type') === undefined ? asObject(whole.data) : whole;
  const isEnvelope = typeof data.change === 'string' || named === undefined;
  return {
    type,
    key: isEnvelope && typeof data.key === 'string' ? data.key : null,
    lines: isEnvelope ? details(data) : [text(body.toString())],
  };
}

/** The events of a batch, one after another. */
function listed(batch: readonly unknown[]): string[] {
  const lines = batch.flatMap((one) => {
    const { type, data } = asObject(one);
    if (typeof type !== 'string' || data === undefined) return [text(one)];
    const { key } = asObject(data);
    const headline = typeof key === 'string' ? `${text(type)}  ${text(key)}` : text(type);
    return [headline, ...details(asObject(data)).map((line) => `    ${line}`)];
  });
  const more = lines.length - MOST_LINES;
  return more > 0 ? [...lines.slice(0, MOST_LINES), `… and ${counted(more, 'more line')}`] : lines;
}

function checked(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'verified':
      return verdict.schemes.join() === 'standard' ? 'verified' : `verified (${verdict.schemes.join(', ')})`;
    case 'unchecked':
      return 'not verified: no --secret was given';
    case 'rejected':
      return `NOT VERIFIED: ${verdict.mistake}`;
  }
}

function details(data: Record<string, unknown>): string[] {
  const changes = Array.isArray(data.changes) ? data.changes.map(asObject) : [];
  if (data.change === 'created') return [`created: ${text(data.current ?? data.record)}`];
  if (data.change === 'deleted') return [`deleted: ${text(data.previous ?? data.record)}`];
  const lines = changes
    .slice(0, MOST_CHANGES)
    .map((change) => `${text(change.path)}: ${text(change.from)} → ${text(change.to)}`);
  const more = changes.length - lines.length;
  return more > 0 ? [...lines, `… and ${more} more`] : lines;
}

/** A value on one line; a string bare, an absent one as a dash. */
function text(value: unknown): string {
  const whole = typeof value === 'string' ? value : (JSON.stringify(value) ?? '-');
  return whole.length > LONGEST_VALUE ? `${whole.slice(0, LONGEST_VALUE)}…` : whole;
}

function parse(body: Buffer): unknown {
  try {
    const value = parseJson(body.toString());
    // Very deep nesting can be parsed but not serialised again.
    return isShallow(value) ? value : null;
  } catch {
    return null;
  }
}

function parseList(body: Buffer): readonly unknown[] | null {
  const value = parse(body);
  return Array.isArray(value) ? value : null;
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
