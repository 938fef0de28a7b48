import { rm, rmdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { PollhookError } from '../../errors.ts';
import { makeFolder } from '../folders.ts';
import { acquireLock } from '../lock.ts';
import type { Draft, Original } from '../pieces.ts';
import { readIfThere } from './adapter.ts';
import { compose } from './compose.ts';
import { type Disk, systemDisk } from './disk.ts';
import { createGuard } from './guard.ts';
import { type Layout, layoutOf } from './layout.ts';
import { OWN_NAMES } from './open.ts';
import { piecesIn } from './pieces.ts';
import { namesIn, survey } from './survey.ts';

/**
 * Name of the folder in which a copy is written, inside its target: that may be a volume, into which nothing can be
 * renamed from outside.
 */
const UNFINISHED = '.pollhook-copy';

/** Names that an empty folder may contain. */
const NOTHING = /^(lock(\.json.*)?|lost\+found)$/;

/**
 * Locks the state in a folder, to be copied. Throws STATE_UNAVAILABLE if there is none, STATE_LOCKED while it is in
 * use.
 */
export async function openJsonOriginal(folder: string): Promise<Original> {
  const layout = layoutOf(resolve(folder));
  if (!readIfThere(layout.state)) {
    const damage = survey(layout).problems[0]?.error;
    throw damage ?? new PollhookError('STATE_UNAVAILABLE', `${layout.folder}: there is no state here`);
  }
  const lock = await acquireLock(layout.lock);
  return { pieces: () => piecesIn(layout), [Symbol.asyncDispose]: lock.release };
}

/**
 * Begins a state in an empty or missing folder; remains of an interrupted copy are removed. Everything is written
 * into a folder inside, so that the outer one is not yet a state, and renamed when it is complete, `state.json` last.
 */
export async function openJsonDraft(folder: string, disk: Disk = systemDisk): Promise<Draft> {
  const layout = layoutOf(resolve(folder));
  const inner = layoutOf(join(layout.folder, UNFINISHED));
  requireEmpty(layout);
  const guard = createGuard(() => undefined);
  await guard.run(layout.folder, () => makeFolder(layout.folder, disk));
  const lock = await acquireLock(layout.lock);
  try {
    requireEmpty(layout);
    await clear(layout);
    await guard.run(inner.folder, () => disk.mkdir(inner.folder));
  } catch (error) {
    await lock.release();
    throw error;
  }

  return {
    write: (pieces) => compose(inner, pieces, { disk, guard }),
    pieces: () => piecesIn(inner),
    publish: () =>
      guard.run(layout.folder, async () => {
        for (const part of ['sources', 'spool', 'outbox', 'history'] as const)
          await disk.rename(inner[part], layout[part]);
        if (readIfThere(inner.polls)) await disk.rename(inner.polls, layout.polls);
        await disk.fsyncFolder(layout.folder);
        await disk.rename(inner.state, layout.state);
        await disk.fsyncFolder(layout.folder);
        await rmdir(inner.folder);
      }),
    async [Symbol.asyncDispose]() {
      // A published copy stays even if its last fsync failed: it was compared with the original.
      if (!readIfThere(layout.state)) await clear(layout);
      await lock.release();
    },
  };
}

function requireEmpty(layout: Layout): void {
  const names = namesIn(layout.folder) ?? [];
  const interrupted = names.includes(UNFINISHED) && !names.includes('state.json');
  const allowed = interrupted ? OWN_NAMES : NOTHING;
  const other = names.find((name) => name !== UNFINISHED && !allowed.test(name));
  if (other === undefined) return;
  const message = `${layout.folder}: holds ${other} already; name a folder that is empty or does not exist`;
  throw new PollhookError('USAGE', message);
}

/** Removes an unfinished copy; the folder that marks it as unfinished is removed last. */
async function clear(layout: Layout): Promise<void> {
  const { sources, spool, outbox, history, polls } = layout;
  for (const path of [sources, spool, outbox, history, polls, join(layout.folder, UNFINISHED)])
    await rm(path, { recursive: true, force: true });
}
