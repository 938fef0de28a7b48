import type { Readable } from 'node:stream';
import type { Redactor } from '../lib/redact.ts';

/** Bytes of an answer that are kept. */
const KEPT = 2048;

/** Read beyond what is kept, so that a secret that straddles the edge is recognised whole. */
const LOOKAHEAD = 2048;

/** An answer up to this size is read to its end, which keeps the connection; beyond it the connection is given up. */
const MOST_READ = 64 * 1024;

/**
 * Reads the start of an answer's body as text, own secrets replaced, and disposes of the rest. Never rejects: a body
 * that breaks off or is aborted gives what came. Bounded in size here, in time by the signal of the request.
 */
export function readExcerpt(body: Readable, redactor: Redactor): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  let size = 0;
  body.on('data', (chunk: Buffer) => {
    if (size < KEPT + LOOKAHEAD) chunks.push(chunk);
    size += chunk.length;
    if (size > MOST_READ) body.destroy();
  });
  // The status has decided already.
  body.on('error', () => undefined);
  body.on('close', () => resolve(chunks.length === 0 ? '' : excerptOf(Buffer.concat(chunks), redactor)));
  return promise;
}

/** The part of an answer that is kept: about 2 kB, no character and no secret cut in two. */
export function excerptOf(bytes: Buffer, redactor: Redactor): string {
  const window = decode(bytes.subarray(0, KEPT + LOOKAHEAD));
  const tail = window.length - decode(bytes.subarray(0, KEPT)).length;
  const clean = redactor.redact(window);
  // Counted from the end, where a secret may be cut: whatever was shortened before it, the tail goes as a whole.
  return clean.slice(0, Math.max(0, clean.length - tail));
}

function decode(bytes: Buffer): string {
  return new TextDecoder().decode(bytes, { stream: true });
}
