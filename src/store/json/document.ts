import { createHash, hash } from 'node:crypto';
import { PollhookError } from '../../errors.ts';

/**
 * Raised whenever a reader of an older version would misunderstand what is written. Older formats are read, and
 * replaced document by document.
 *
 * 2: batches index ids, types and kinds of their events; the journal tells of settling by hand, batches and memos.
 */
export const FORMAT = 2;

/** Throws STATE_VERSION unless this version reads the format. */
export function requireFormat(file: string, format: unknown): void {
  if (typeof format === 'number' && Number.isInteger(format) && format >= 1 && format <= FORMAT) return;
  throw new PollhookError(
    'STATE_VERSION',
    `${file}: written in format ${String(format)}, this version reads formats up to ${FORMAT}`,
  );
}

export type Kind = 'state' | 'source' | 'batch' | 'history' | 'polls';

const NEWLINE = 0x0a;

/**
 * Every document consists of JSON lines; the first has the kind of the file and the checksum (SHA-256) of all that
 * follows. It is always verified, so that truncated, empty or foreign files are never accepted.
 *
 * @param lines what follows the first line; each buffer ends with a newline and may hold many lines
 */
export function sealDocument(kind: Kind, lines: readonly Buffer[]): Buffer[] {
  const sum = createHash('sha256');
  for (const line of lines) sum.update(line);
  return [line({ pollhook: kind, format: FORMAT, sha256: sum.digest('hex') }), ...lines];
}

/** The lines after the first one. Throws STATE_DAMAGED or STATE_VERSION, naming `file`. */
export function openDocument(kind: Kind, file: string, bytes: Buffer): Buffer {
  const end = bytes.indexOf(NEWLINE);
  if (bytes.length === 0) throw damagedFile(file, 'the file is empty');
  const head = parseHead(bytes.subarray(0, end < 0 ? bytes.length : end));
  if (!head) throw damagedFile(file, 'it does not begin like a document of pollhook');
  requireFormat(file, head.format);
  if (head.pollhook !== kind)
    throw damagedFile(file, `it is a document of another kind (${String(head.pollhook)})`);
  const rest = bytes.subarray(end < 0 ? bytes.length : end + 1);
  if (hash('sha256', rest, 'hex') !== head.sha256) {
    throw damagedFile(file, 'its checksum is wrong: it was cut short or changed');
  }
  return rest;
}

export function line(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}

/** The offsets of all lines, followed by the length of the whole. */
export function lineStarts(bytes: Buffer): number[] {
  const starts = [0];
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) starts.push(at + 1);
  return starts;
}

export function damagedFile(file: string, reason: string): PollhookError {
  return new PollhookError('STATE_DAMAGED', `${file}: ${reason}`);
}

function parseHead(bytes: Buffer): { pollhook: unknown; format: unknown; sha256: unknown } | null {
  // The longest head is about 120 bytes: a megabyte without a newline is not worth parsing.
  if (bytes.length > 1000) return null;
  try {
    const head = JSON.parse(bytes.toString());
    return head !== null && typeof head === 'object' && 'pollhook' in head ? head : null;
  } catch {
    return null;
  }
}
