import type { Detected } from '../detect/contract.ts';
import type { RuleOutput } from '../detect/rules.ts';
import { type Failure, failure, messageOf } from '../errors.ts';

/** The result of a poll. A failed one changes nothing that is stored. */
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
  /** Number of answers that the last reading consists of: what one reading costs in requests. */
  readonly pages: number;
  /** Why records that were not shown may still exist, although all were asked for; null if they are gone. */
  readonly unsettled: string | null;
}

/**
 * A bug makes its poll fail like any other failure, so that the back-off applies and the server is not asked over and
 * over.
 */
export function faulty(error: unknown): Failed {
  const [, place = ''] = error instanceof Error ? (error.stack ?? '').split(/\n\s*(?=at )/) : [];
  const message = [`internal error of pollhook: ${messageOf(error)}`, place].filter(Boolean).join(' ');
  return { kind: 'failed', failure: failure('POLL_FAULT', message), status: null, notBefore: null };
}
