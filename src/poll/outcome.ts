import type { Detected } from '../detect/contract.ts';
import type { RuleOutput } from '../detect/rules.ts';
import { type Failure, failure, messageOf } from '../errors.ts';

/** What a poll came to. A failed one left everything as it was. */
export type Poll = Failed | Seen;

export interface Failed {
  readonly kind: 'failed';
  readonly failure: Failure;
  readonly status: number | null;
  /** The server asked not to be polled before this time; null if it did not. */
  readonly notBefore: number | null;
}

export interface Seen extends RuleOutput {
  readonly kind: 'seen';
  readonly status: number;
  /** As for a failed poll. */
  readonly notBefore: number | null;
  readonly detected: Detected;
  /** Answers that it took, the last reading alone. */
  readonly pages: number;
  /** Why what was not shown proves nothing this time, although all was asked for; null if it does. */
  readonly unsettled: string | null;
}

/** A bug costs its poll, as any failure does: without a back-off it would ask the server over and over. */
export function faulty(error: unknown): Failed {
  const [, place = ''] = error instanceof Error ? (error.stack ?? '').split(/\n\s*(?=at )/) : [];
  const message = [`a fault of pollhook: ${messageOf(error)}`, place].filter(Boolean).join(' ');
  return { kind: 'failed', failure: failure('POLL_FAULT', message), status: null, notBefore: null };
}
