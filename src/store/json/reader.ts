import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { ifThere, readIfThere } from './adapter.ts';

/** Reads a file; null if there is none. The buffer is reused for the next read of the same file. */
export type Reader = (file: string) => Buffer | null;

/** Bytes: for smaller files no buffer is kept. */
const WORTH_KEEPING = 65_536;

/**
 * A reader that reuses the buffers of large files. A snapshot is read at each of its commits;
 * with new memory each time, V8 collects all garbage at every other poll (measured: 260 full collections in 260 polls
 * of 4 MB, 60 with this).
 */
export function createReader(): Reader {
  const kept = new Map<string, Buffer>();

  return (file) => {
    const size = sizeOf(file);
    if (size < WORTH_KEEPING) {
      kept.delete(file);
      return readIfThere(file);
    }
    let buffer = kept.get(file);
    if (!buffer || buffer.length < size) {
      // A little more than needed: snapshots grow.
      buffer = Buffer.allocUnsafeSlow(Math.ceil(size * 1.05));
      kept.set(file, buffer);
    }
    return readInto(buffer, file);
  };
}

/**
 * A reader that uses one buffer for all files, which the next read overwrites. It avoids garbage when a hundred
 * thousand files are read at the start (measured: a sixth less CPU time).
 */
export function createScanner(): Reader {
  let buffer = Buffer.allocUnsafeSlow(WORTH_KEEPING);

  return (file) =>
    ifThere(file, () => {
      const descriptor = openSync(file, 'r');
      try {
        for (let length = 0; ; ) {
          const read = readSync(descriptor, buffer, length, buffer.length - length, length);
          if (read === 0) return buffer.subarray(0, length);
          length += read;
          if (length < buffer.length) continue;
          const larger = Buffer.allocUnsafeSlow(2 * buffer.length);
          buffer.copy(larger);
          buffer = larger;
        }
      } finally {
        closeSync(descriptor);
      }
    });
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function readInto(buffer: Buffer, file: string): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    let length = 0;
    for (;;) {
      const read = readSync(descriptor, buffer, length, buffer.length - length, length);
      if (read === 0) return buffer.subarray(0, length);
      length += read;
    }
  } finally {
    closeSync(descriptor);
  }
}
