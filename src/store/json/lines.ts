import { closeSync, openSync, readSync } from 'node:fs';
import { messageOf, PollhookError } from '../../errors.ts';
import type { Attempt } from '../../model.ts';
import { damagedFile } from './document.ts';
import { type Entry, readLine } from './segment.ts';

/** Bytes that are read at first for a line: most have one attempt with 2 kB of an answer. */
const MOSTLY = 4096;

/** Reads single lines of a segment by their offsets; the segment may be replaced meanwhile. */
export interface Lines extends Disposable {
  /** The attempts that were settled at given lines. Throws STATE_DAMAGED if one is not what was written. */
  attempts(starts: readonly number[]): Attempt[];
}

/** Throws STATE_UNAVAILABLE. */
export function openLines(file: string): Lines {
  const descriptor = reading(file, () => openSync(file, 'r'));
  let buffer = Buffer.allocUnsafe(MOSTLY);

  function entryAt(start: number): Entry {
    for (;;) {
      const length = reading(file, () => readSync(descriptor, buffer, 0, buffer.length, start));
      const read = readLine(buffer.subarray(0, length), 0);
      if (read) return read.entry;
      if (length < buffer.length)
        throw damagedFile(file, `its line at byte ${start} is not what was written`);
      buffer = Buffer.allocUnsafe(2 * buffer.length);
    }
  }

  return {
    attempts: (starts) =>
      starts.map((start) => {
        const entry = entryAt(start);
        if ('settled' in entry) return entry.attempt;
        throw damagedFile(file, `its line at byte ${start} tells of no attempt`);
      }),
    [Symbol.dispose]: () => closeSync(descriptor),
  };
}

function reading<T>(file: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw new PollhookError('STATE_UNAVAILABLE', `${file}: ${messageOf(error)}`, { cause: error });
  }
}
