import { randomBytes } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { Low } from 'lowdb';
import { messageOf, PollhookError } from '../../errors.ts';
import { closable } from '../closable.ts';
import type { Store, StoreOptions } from '../contract.ts';
import { makeFolder } from '../folders.ts';
import { acquireLock } from '../lock.ts';
import { durable, publish, remove, type Shelf } from './adapter.ts';
import { type Disk, systemDisk } from './disk.ts';
import { FORMAT, sealDocument } from './document.ts';
import { createGuard } from './guard.ts';
import { type Layout, layoutOf } from './layout.ts';
import { load, type Whole } from './load.ts';
import { encodeSegment } from './segment.ts';
import { sourceCodec } from './snapshot.ts';
import { namesIn, type Survey, stateCodec, survey } from './survey.ts';

/** `lost+found` is in the root of every fresh ext4 volume. */
export const OWN_NAMES =
  /^(state\.json|polls\.json|sources|spool|outbox|history|lock(\.json)?|lost\+found|.*\.tmp)$/;

/**
 * Opens the state in a folder of JSON files, or creates one if the folder is missing or empty.
 *
 * Rejects with STATE_LOCKED while another process has it open; with STATE_DAMAGED or STATE_VERSION, naming the file,
 * if any file is damaged or of a newer version; with STATE_UNAVAILABLE if it cannot be read or written, or belongs to
 * somebody else.
 */
export async function openJsonStore(
  folder: string,
  options: StoreOptions,
  disk: Disk = systemDisk,
): Promise<Store> {
  const layout = layoutOf(resolve(folder));
  await using undo = new AsyncDisposableStack();
  try {
    await makeFolder(layout.folder, disk);
    refuseForeign(layout);
    undo.use(await acquireLock(layout.lock));
    let isOpen = false;
    const guard = createGuard((error) => isOpen && options.onFatal(error));
    const shelf = { disk, guard };
    const found = survey(layout);
    refuseDamaged(found);
    await tidy(found, shelf);
    await finishRenames(layout, found, shelf);
    const store = await load(layout, await whole(layout, found, options.clock.now(), shelf), options, shelf);
    isOpen = true;
    const held = undo.move();
    return closable(store, guard.check, () => held.disposeAsync());
  } catch (error) {
    throw refusal(layout.folder, error);
  }
}

function refuseForeign(layout: Layout): void {
  const names = namesIn(layout.folder) ?? [];
  const foreign = names.find((name) => !OWN_NAMES.test(name));
  if (foreign === undefined || names.includes('state.json')) return;
  throw new PollhookError(
    'STATE_UNAVAILABLE',
    `${layout.folder}: holds other files (${foreign}) and no state; give the state a folder of its own`,
  );
}

/** Creates what is missing of a new state. */
async function whole(layout: Layout, found: Survey, now: number, shelf: Shelf): Promise<Whole> {
  const { disk, guard } = shelf;
  const { identity, segment } = found;
  if (identity !== null && segment) return { ...found, identity, segment };
  await guard.run(layout.folder, async () => {
    for (const folder of [layout.sources, layout.spool, layout.outbox, layout.history]) {
      if (!namesIn(folder)) await disk.mkdir(folder);
    }
    await disk.fsyncFolder(layout.folder);
  });
  const empty = Buffer.concat(encodeSegment([]));
  await publish(shelf, layout.segment(1), [empty]);
  // Last: a folder with this file is whole.
  const state = { identity: randomBytes(16).toString('hex'), created: new Date(now).toISOString() };
  await new Low(durable(shelf, layout.state, stateCodec), state).write();
  return {
    ...found,
    identity: state.identity,
    segment: { number: 1, format: FORMAT, length: empty.length, entries: [] },
  };
}

/** Removes leftovers of an interrupted process, folder by folder. */
async function tidy({ leftovers }: Survey, shelf: Shelf): Promise<void> {
  const folders = Map.groupBy(leftovers, dirname);
  for (const files of folders.values()) await remove(shelf, files);
}

/** Finishes interrupted renames of sources. */
async function finishRenames(layout: Layout, { left }: Survey, shelf: Shelf): Promise<void> {
  for (const head of left) {
    const lines = sourceCodec.encode({ head, records: [] });
    await publish(shelf, layout.source(head.source), sealDocument('source', lines));
  }
}

function refuseDamaged({ problems: [first, ...others] }: Survey): void {
  if (!first) return;
  if (others.length === 0) throw first.error;
  const message = `${first.error.message} (and ${others.length} more: see \`pollhook state verify\`)`;
  throw new PollhookError(first.error.code, message, { cause: first.error });
}

/** Error codes that mean a wrong place or missing permissions, rather than a failed write. */
const NOT_PERMITTED = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ENOENT', 'ELOOP', 'ENAMETOOLONG']);

function refusal(folder: string, error: unknown): unknown {
  const cause = error instanceof PollhookError ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (error instanceof PollhookError && !(error.code === 'STATE_WRITE_FAILED' && NOT_PERMITTED.has(code)))
    return error;
  if (code === '') return error;
  return new PollhookError('STATE_UNAVAILABLE', `${folder}: ${messageOf(cause)}`, { cause });
}
