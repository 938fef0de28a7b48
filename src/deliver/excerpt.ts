import type { Redactor } from '../lib/redact.ts';

/** Bytes of an answer that are kept. */
const KEPT = 2048;

/** Bytes that are looked at: beyond what is kept, so that a secret that straddles the edge is recognised whole. */
export const WINDOW = KEPT + 2048;

/** The part of an answer that is kept: about 2 kB, no character and no secret cut in two. */
export function excerptOf(bytes: Buffer, redactor: Redactor): string {
  const window = decode(bytes.subarray(0, WINDOW));
  const tail = window.length - decode(bytes.subarray(0, KEPT)).length;
  const clean = redactor.redact(window);
  // Counted from the end, where a secret may be cut: whatever was shortened before it, the tail goes as a whole.
  return clean.slice(0, Math.max(0, clean.length - tail));
}

function decode(bytes: Buffer): string {
  return new TextDecoder().decode(bytes, { stream: true });
}
