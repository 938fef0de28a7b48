import type { Redactor } from '../lib/redact.ts';

/** Bytes of an answer that are kept. */
const KEPT = 2048;

/** Bytes that are searched for secrets: more than are kept, so that a secret across the edge is recognised. */
export const WINDOW = KEPT + 2048;

/** The beginning of an answer, about 2 kB, without the own secrets; neither a character nor a secret is cut in two. */
export function excerptOf(bytes: Buffer, redactor: Redactor): string {
  const window = decode(bytes.subarray(0, WINDOW));
  const tail = window.length - decode(bytes.subarray(0, KEPT)).length;
  const clean = redactor.redact(window);
  // Cut by the length of the tail, since replacements before it have changed the length of what is kept.
  return clean.slice(0, Math.max(0, clean.length - tail));
}

function decode(bytes: Buffer): string {
  return new TextDecoder().decode(bytes, { stream: true });
}
