import { relative, sep } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { StateLocation } from '../config/document.ts';
import { PollhookError } from '../errors.ts';
import { openJsonDraft, openJsonOriginal } from './json/copy.ts';
import { OWN_NAMES } from './json/open.ts';
import type { Draft, Original, Piece } from './pieces.ts';
import { openSqliteDraft, openSqliteOriginal } from './sqlite/copy.ts';

/** The contents of a copy, counted. */
export interface Moved {
  readonly sources: number;
  readonly records: number;
  readonly events: number;
  readonly deliveries: number;
  readonly attempts: number;
  readonly webhooks: number;
}

/**
 * Copies a state to another kind or place, which must be free, and compares the copy with the original before it gets
 * its name: an interruption leaves nothing that would open. Both are locked meanwhile, and the original is only read.
 *
 * @throws STATE_LOCKED while either is in use, USAGE if the target is there already, STATE_… if the original cannot
 * be trusted or the copy not be written
 */
export async function moveState(from: StateLocation, to: StateLocation): Promise<Moved> {
  refuseWithin(from, to);
  await using original = await openOriginal(from);
  await using draft = await openDraft(to);
  return await copyState(original, draft);
}

/** The same for an open original and draft. */
export async function copyState(original: Original, draft: Draft): Promise<Moved> {
  await draft.write(original.pieces());
  const moved = await compare(original.pieces(), draft.pieces());
  await draft.publish();
  return moved;
}

/** Refuses a target among the original's own files. Elsewhere in its folder is fine, as that may be the only volume. */
function refuseWithin(from: StateLocation, to: StateLocation): void {
  if (from.kind !== 'json') return;
  const target = to.kind === 'json' ? to.folder : to.file;
  const [first = ''] = relative(from.folder, target).split(sep);
  if (!OWN_NAMES.test(first)) return;
  throw new PollhookError('USAGE', `${target}: is for the files of the state that is to be copied`);
}

function openOriginal(location: StateLocation): Promise<Original> {
  return location.kind === 'json' ? openJsonOriginal(location.folder) : openSqliteOriginal(location.file);
}

function openDraft(location: StateLocation): Promise<Draft> {
  return location.kind === 'json' ? openJsonDraft(location.folder) : openSqliteDraft(location.file);
}

/** Compares all pieces and counts them. Throws STATE_WRITE_FAILED at the first difference. */
async function compare(original: AsyncIterable<Piece>, copy: AsyncIterable<Piece>): Promise<Moved> {
  const counts = { sources: 0, records: 0, events: 0, deliveries: 0, attempts: 0, webhooks: 0 };
  const copied = copy[Symbol.asyncIterator]();
  for await (const piece of original) {
    const { value } = await copied.next();
    if (!isDeepStrictEqual(value, piece)) throw differs(piece);
    if (piece.kind === 'source') counts.sources += 1;
    if (piece.kind === 'record') counts.records += 1;
    if (piece.kind === 'webhook') counts.webhooks += 1;
    if (piece.kind !== 'event') continue;
    counts.events += 1;
    counts.deliveries += piece.deliveries.length;
    for (const { attempts } of piece.deliveries) counts.attempts += attempts.length;
  }
  const { value: more } = await copied.next();
  if (more) throw differs(more);
  return counts;
}

function differs(piece: Piece): PollhookError {
  return new PollhookError(
    'STATE_WRITE_FAILED',
    `the copy is not what was read: it differs at ${nameOf(piece)}`,
  );
}

function nameOf(piece: Piece): string {
  switch (piece.kind) {
    case 'state':
      return 'its identity';
    case 'source':
      return `source ${piece.source}`;
    case 'record':
      return `record ${JSON.stringify(piece.record.key)}`;
    case 'webhook':
      return `webhook ${piece.state.name}`;
    case 'memo':
      return `the memo ${piece.name}`;
    case 'event':
      return `event ${piece.event.id}`;
  }
}
