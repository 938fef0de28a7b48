import { type FSWatcher, statSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf } from '../errors.ts';
import type { Clock } from '../lib/clock.ts';

/** Milliseconds for which files must not change before they are read: a write may come in several parts. */
const REST = 200;

/** Milliseconds between two looks: changes on network file systems and behind links are not notified. */
const LOOK_AGAIN = 5_000;

/** Rests at most, after which a file is read even if it keeps changing. */
const MOST_RESTS = 20;

/** Watches files, and whatever replaces them, until it is stopped. */
export interface FileWatch {
  /** Watches these from now on. */
  follow(files: readonly string[]): void;
  stop(): Promise<void>;
}

/**
 * Calls `onChange` when one of the files is changed, replaced, made or removed, once they have come to rest. Folders
 * are watched, since editors rename over a file and Kubernetes swaps a link beside it; a notification only leads to a
 * look at the files.
 *
 * @param onChange must not reject; nothing is checked while it runs
 * @param read {@link stampOf} of them when they were last read
 */
export function watchFiles(
  files: readonly string[],
  read: string,
  { clock, onChange }: { readonly clock: Clock; readonly onChange: () => Promise<unknown> },
): FileWatch {
  const stopping = new AbortController();
  const folders = new Map<string, FSWatcher>();
  let followed = files;
  let known = read;
  let wake = new AbortController();

  function follow(next: readonly string[]): void {
    const wanted = new Set(next.map((file) => dirname(file)));
    for (const [folder, watcher] of folders) {
      if (wanted.has(folder)) continue;
      folders.delete(folder);
      watcher.close();
    }
    for (const folder of wanted) if (!folders.has(folder)) open(folder);
    // An unchanged list of files keeps its stamp, so that no change is missed.
    if (next.join('\n') !== followed.join('\n')) known = stampOf(next);
    followed = next;
  }

  function open(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, () => wake.abort());
      folders.set(folder, watcher);
      watcher.on('error', () => close(folder));
    } catch {
      // The folder is missing, or the limit of watches is reached: changes are found by looking at intervals.
    }
  }

  function close(folder: string): void {
    folders.get(folder)?.close();
    folders.delete(folder);
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      wake = new AbortController();
      if (stampOf(followed) === known) await clock.sleep(LOOK_AGAIN, wake.signal);
      // Other files in the folder may change often: the rate of looks is limited.
      if (wake.signal.aborted) await clock.sleep(REST, stopping.signal);
      if (stopping.signal.aborted || stampOf(followed) === known) continue;
      await rested();
      if (stopping.signal.aborted) return;
      await onChange();
      // A folder may have been replaced, too.
      for (const folder of folders.keys()) close(folder);
      follow(followed);
    }
  }

  async function rested(): Promise<void> {
    for (let round = 0; round < MOST_RESTS && !stopping.signal.aborted; round += 1) {
      const before = stampOf(followed);
      await clock.sleep(REST, stopping.signal);
      known = stampOf(followed);
      if (known === before) return;
    }
  }

  follow(files);
  const running = run();
  return {
    follow,
    async stop() {
      stopping.abort();
      wake.abort();
      for (const folder of folders.keys()) close(folder);
      await running;
    },
  };
}

/** A stamp that differs whenever one of the files may have other content. */
export function stampOf(files: readonly string[]): string {
  return files
    .map((file) => {
      try {
        const { dev, ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
        return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
      } catch (error) {
        return messageOf(error);
      }
    })
    .join('\n');
}
