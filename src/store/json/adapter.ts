import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Adapter } from 'lowdb';
import { messageOf, PollhookError } from '../../errors.ts';
import type { Disk } from './disk.ts';
import { damagedFile, type Kind, openDocument, sealDocument } from './document.ts';
import type { Guard } from './guard.ts';

/** Encodes one kind of document as lines, and decodes it. */
export interface Codec<T> {
  readonly kind: Kind;
  /** Buffers that end with a newline each. */
  encode(data: T): Buffer[];
  decode(lines: Buffer, file: string): T;
}

/** What writing documents needs: the disk, and the guard that stops everything after a failure. */
export interface Shelf {
  readonly disk: Disk;
  readonly guard: Guard;
}

/** Temporary names are random: with a fixed one, two writers could publish half a file. */
const TEMPORARY = /\.[0-9a-f]{12}\.tmp$/;

export function isTemporary(name: string): boolean {
  return TEMPORARY.test(name);
}

/**
 * A lowdb adapter whose write is durable when it resolves: temporary file, fsync, rename, fsync of the folder.
 * Without the last step a power cut loses acknowledged writes. A missing file reads as null, so that lowdb keeps its
 * default; a damaged one throws.
 */
export function durable<T>(shelf: Shelf, file: string, codec: Codec<T>, read = readIfThere): Adapter<T> {
  return {
    async read() {
      return readDocument(file, codec, read);
    },
    write: (data) => publish(shelf, file, sealDocument(codec.kind, codec.encode(data))),
  };
}

/** Reads and verifies a document; null if there is none. */
export function readDocument<T>(file: string, codec: Codec<T>, read = readIfThere): T | null {
  const bytes = read(file);
  return bytes && codec.decode(openDocument(codec.kind, file, bytes), file);
}

/** Makes `file` hold exactly these bytes, or leaves it as it was. */
export async function publish(
  { disk, guard }: Shelf,
  file: string,
  chunks: readonly Buffer[],
): Promise<void> {
  await guard.run(file, async () => {
    const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
    const handle = await disk.create(temporary);
    await disk.write(handle, chunks);
    await disk.fsync(handle);
    await disk.close(handle);
    await disk.rename(temporary, file);
    await disk.fsyncFolder(dirname(file));
  });
}

/** Removes files of one folder, durably: a batch that reappears after a power cut would count again. */
export async function remove({ disk, guard }: Shelf, files: readonly string[]): Promise<void> {
  const [first] = files;
  if (first === undefined) return;
  await guard.run(first, async () => {
    for (const file of files) await disk.unlink(file);
    await disk.fsyncFolder(dirname(first));
  });
}

/** The bytes of a file; null if there is none. Throws STATE_UNAVAILABLE, or STATE_DAMAGED if it is no file. */
export function readIfThere(file: string): Buffer | null {
  return ifThere(file, () => readFileSync(file));
}

/** Reads a file by another function; null if there is none. */
export function ifThere<T>(file: string, read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOENT') return null;
    if (code === 'EISDIR') throw damagedFile(file, 'it is a folder');
    throw new PollhookError('STATE_UNAVAILABLE', `${file}: ${messageOf(error)}`, { cause: error });
  }
}
