import { crc32 } from 'node:zlib';
import type { DeliveryState, JsonObject, WebhookState } from '../../model.ts';
import type { Settlement } from '../contract.ts';
import { damagedFile, FORMAT, requireFormat } from './document.ts';

/** Entries of the journal, one line each. */
export type Entry = DeliveryEntry | WebhookEntry | MemoEntry;

/** Entries about a delivery. */
export type DeliveryEntry = ClaimEntry | SettleEntry | MarkEntry;

export interface ClaimEntry {
  /** The delivery. */
  readonly claimed: string;
  /** Number of the attempt, from 1: the entries of earlier ones may have been removed. */
  readonly attempt: number;
  readonly at: number;
  readonly owner: string;
  /** Id of the batch that it is sent in; absent if it is sent on its own. */
  readonly batch?: string;
}

export interface SettleEntry extends Omit<Settlement, 'delivery'> {
  /** The delivery. */
  readonly settled: string;
  readonly at: number;
}

/** A delivery was settled without an attempt, or became pending again. */
export interface MarkEntry {
  /** The delivery. */
  readonly marked: string;
  /** Number of the mark, from 1: the history records how many marks it has seen. */
  readonly mark: number;
  readonly at: number;
  readonly state: Extract<DeliveryState, 'pending' | 'dropped' | 'superseded'>;
  readonly requeued?: true;
}

export interface MemoEntry {
  readonly memo: string;
  /** Null: forgotten. */
  readonly value: JsonObject | null;
}

export interface WebhookEntry {
  readonly webhook: WebhookState;
}

export interface Logged {
  readonly entry: Entry;
  /** Where its line begins and ends. */
  readonly start: number;
  readonly end: number;
}

interface Head {
  readonly pollhook: 'outbox';
  readonly format: number;
  /** Bytes after the head when the segment was published: they are never torn. */
  readonly base: number;
}

const NEWLINE = 0x0a;
/** `["` checksum `",` */
const CHECKED_FROM = 12;

/**
 * A line of a segment, `["CRC-32",GROUP,ENTRY]`, or `["CRC-32",GROUP,ENTRY,"more"]` for all but the last of a group
 * of lines that are written in one piece: they count together or not at all. GROUP is the offset where the group
 * begins: everything before it was durable by then. The checksum covers the rest of the line.
 */
export function encodeLine(entry: Entry | Head, group: number, more = false): Buffer {
  const text = `${group},${JSON.stringify(entry)}${more ? ',"more"' : ''}]`;
  return Buffer.from(`["${checksum(text)}",${text}\n`);
}

export function encodeSegment(lines: readonly Buffer[]): Buffer[] {
  const base = lines.reduce((sum, line) => sum + line.length, 0);
  return [encodeLine({ pollhook: 'outbox', format: FORMAT, base }, 0), ...lines];
}

/**
 * Reads a segment line by line; returns the end of its valid part. Reading ends at a group that was being written
 * when the power failed, which was never acknowledged. It may have lost any of its pages, so a bad line counts as
 * torn if no valid line after it belongs to a later group. Any other bad line is damage.
 */
export function* readSegment(bytes: Buffer, file: string): Generator<Logged, number> {
  if (bytes.length === 0) throw damagedFile(file, 'the file is empty');
  const head = readLine<Head>(bytes, 0);
  if (head?.entry?.pollhook !== 'outbox')
    throw damagedFile(file, 'it does not begin like a journal of pollhook');
  requireFormat(file, head.entry.format);
  const firm = head.end + head.entry.base;
  let group: Logged[] = [];
  for (let start = head.end; start < bytes.length; ) {
    const read = readLine<Entry>(bytes, start);
    if (!read) {
      if (start < firm || laterGroup(bytes, start)) {
        throw damagedFile(file, `its line at byte ${start} is not what was written`);
      }
      return group[0]?.start ?? start;
    }
    group.push({ entry: read.entry, start, end: read.end });
    // After a compaction the kept lines of a group count alone.
    if (!read.more || start < firm) {
      yield* group;
      group = [];
    }
    start = read.end;
  }
  if (bytes.length < firm) throw damagedFile(file, 'it was cut short');
  return group[0]?.start ?? bytes.length;
}

/** Checks every possible beginning of a line, since the newline before it may be damaged. */
function laterGroup(bytes: Buffer, bad: number): boolean {
  for (let at = bytes.indexOf('["', bad + 1); at >= 0; at = bytes.indexOf('["', at + 1)) {
    const read = readLine(bytes, at);
    if (read && read.group > bad) return true;
  }
  return false;
}

/** Parses one line; null if it is damaged. */
export function readLine<T = Entry>(
  bytes: Buffer,
  start: number,
): { readonly entry: T; readonly group: number; readonly more: boolean; readonly end: number } | null {
  const end = bytes.indexOf(NEWLINE, start);
  if (end < 0) return null;
  const text = bytes.toString('utf8', start, end);
  const checked = text.slice(CHECKED_FROM);
  if (text.slice(0, CHECKED_FROM) !== `["${checksum(checked)}",`) return null;
  const [, group, entry, more] = JSON.parse(text);
  return { entry, group, more: more === 'more', end: end + 1 };
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}

/** The format of a segment that was read. */
export function formatOf(bytes: Buffer): number {
  return readLine<Head>(bytes, 0)?.entry?.format ?? FORMAT;
}

/** The delivery that an entry is about. */
export function deliveryOf(entry: DeliveryEntry): string {
  if ('claimed' in entry) return entry.claimed;
  return 'settled' in entry ? entry.settled : entry.marked;
}
