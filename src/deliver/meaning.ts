import { type Failure, failure } from '../errors.ts';
import { retryAfter } from '../lib/retry-after.ts';
import { formatDuration } from '../lib/units.ts';
import type { Answer, Reply } from './attempt.ts';

/** What a reply means, by the table "What an answer means" of the wire contract. */
export type Meaning =
  | { readonly kind: 'delivered' }
  /** The webhook pauses, for `pause` milliseconds; null: the receiver did not say how long. */
  | { readonly kind: 'limited'; readonly pause: number | null; readonly failure: Failure }
  /** The webhook is held. */
  | { readonly kind: 'gone'; readonly failure: Failure }
  /** `urgent`: a repetition is unlikely to help, so that the operator is alerted at once. */
  | { readonly kind: 'failed'; readonly failure: Failure; readonly urgent: boolean }
  /** Repeating is pointless: straight to the dead letters. */
  | { readonly kind: 'refused'; readonly failure: Failure }
  /** Nothing could be sent: straight to the dead letters, without counting as a failure of the receiver. */
  | { readonly kind: 'unsent'; readonly failure: Failure }
  | { readonly kind: 'unknown' };

/** Transient 4xx codes: Request Timeout and Too Early. */
const TRANSIENT: readonly number[] = [408, 425];

/** Milliseconds: a receiver that answers 429 with `Retry-After: 0` must not be asked in a tight loop. */
const SHORTEST_PAUSE = 1000;

/**
 * @param permanent status codes that the operator declared pointless to repeat; they come before every other rule
 * @param now Unix milliseconds
 */
export function meaningOf(reply: Reply, permanent: readonly number[], now: number): Meaning {
  if (reply.kind === 'aborted') return { kind: 'unknown' };
  if (reply.kind === 'unsent') return reply;
  if (reply.kind === 'unanswered') return { kind: 'failed', failure: reply.failure, urgent: false };

  const { status, said } = reply;
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  const refusal = failure('DELIVERY_STATUS', `answered ${said}`);
  if (permanent.includes(status)) return { kind: 'refused', failure: refusal };
  if (status < 400) return { kind: 'failed', failure: redirect(reply), urgent: true };
  if (status === 410) return { kind: 'gone', failure: failure('DELIVERY_GONE', `answered ${said}`) };

  const until = retryAfter(reply.retryAfter, reply.date, now);
  const pause = until === null ? null : Math.max(SHORTEST_PAUSE, until - now);
  if (status === 429 || (status === 503 && pause !== null)) {
    const asked = pause === null ? '' : ` and asked for a pause of ${formatDuration(pause)}`;
    return { kind: 'limited', pause, failure: failure('DELIVERY_LIMITED', `answered ${said}${asked}`) };
  }
  return { kind: 'failed', failure: refusal, urgent: status < 500 && !TRANSIENT.includes(status) };
}

function redirect({ said, location }: Answer): Failure {
  return failure('DELIVERY_REDIRECT', `answered ${said}, Location: ${location ?? 'none'}`);
}
