import { closeSync, openSync, readSync } from 'node:fs';
import { messageOf } from '../errors.ts';

/** The text of a file, or why it cannot be read. */
export type Read =
  | { readonly kind: 'ok'; readonly text: string }
  | { readonly kind: 'failed'; readonly reason: string };

/**
 * Reads UTF-8 text of at most `limit` bytes; a byte order mark is dropped. Reading stops at the limit, so that
 * endless files do no harm.
 */
export function readText(path: string, limit: number): Read {
  try {
    const bytes = readBytes(path, limit);
    if (bytes.length > limit) return { kind: 'failed', reason: `it is larger than ${limit} bytes` };
    return { kind: 'ok', text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    const reason = error instanceof TypeError ? 'it is not UTF-8 text' : messageOf(error);
    return { kind: 'failed', reason };
  }
}

function readBytes(path: string, limit: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const chunks: Buffer[] = [];
    let size = 0;
    while (size <= limit) {
      const chunk = Buffer.allocUnsafe(65_536);
      const count = readSync(file, chunk);
      if (count === 0) break;
      chunks.push(chunk.subarray(0, count));
      size += count;
    }
    return Buffer.concat(chunks);
  } finally {
    closeSync(file);
  }
}
