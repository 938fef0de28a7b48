import { STATUS_CODES } from 'node:http';
import type { Dispatcher as HttpDispatcher } from 'undici';
import { type Code, type Failure, failure } from '../errors.ts';
import type { Clock, Deadline } from '../lib/clock.ts';
import { hostOf } from '../lib/http/exchange.ts';
import { type Trouble, troubleOf } from '../lib/http/trouble.ts';
import type { Redactor } from '../lib/redact.ts';
import { formatDuration } from '../lib/units.ts';
import { readExcerpt } from './excerpt.ts';
import type { DeliveryRequest } from './request.ts';

/** What one HTTP try came to. An answer counts as soon as its status is known, whatever becomes of its body. */
export type Reply =
  | Answer
  | { readonly kind: 'unanswered'; readonly failure: Failure }
  /** There was nothing to send: the body could not be made. */
  | { readonly kind: 'unsent'; readonly failure: Failure }
  /** The process is stopping: whether the receiver got the request is unknown. */
  | { readonly kind: 'aborted' };

export interface Answer {
  readonly kind: 'answered';
  readonly status: number;
  /** The status as people write it: `503 Service Unavailable`. */
  readonly said: string;
  readonly retryAfter: string | null;
  readonly date: string | null;
  readonly location: string | null;
  /** The first 2 kB of the body without own secrets; empty if there was none. */
  readonly excerpt: string;
}

interface AttemptDependencies {
  readonly http: HttpDispatcher;
  readonly clock: Clock;
  readonly redactor: Redactor;
}

/**
 * Sends one request and waits for its answer, redirects not followed. Never rejects.
 *
 * @param timeout milliseconds for everything, the answer's body included
 * @param stop abandons the attempt
 */
export async function attempt(
  request: DeliveryRequest,
  timeout: number,
  stop: AbortSignal,
  { http, clock, redactor }: AttemptDependencies,
): Promise<Reply> {
  using deadline = clock.deadline(timeout);
  using either = eitherOf(deadline.signal, stop);
  try {
    // The deadline bounds everything, so undici's own timers (coarse, and per phase) are off.
    const { statusCode, headers, body } = await http.request({
      ...request,
      signal: either.signal,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const excerpt = await readExcerpt(body, redactor);
    const reason = STATUS_CODES[statusCode];
    const location = first(headers.location);
    return {
      kind: 'answered',
      status: statusCode,
      said: reason ? `${statusCode} ${reason}` : String(statusCode),
      retryAfter: first(headers['retry-after']),
      date: first(headers.date),
      location: location === null ? null : redactor.redact(location).slice(0, LONGEST_TEXT),
      excerpt,
    };
  } catch (error) {
    if (stop.aborted) return { kind: 'aborted' };
    const { code, message } = deadline.signal.aborted
      ? failure('DELIVERY_TIMEOUT', `no answer within ${formatDuration(timeout)}`)
      : broken(error, request.origin);
    return { kind: 'unanswered', failure: failure(code, redactor.redact(message).slice(0, LONGEST_TEXT)) };
  }
}

/** `AbortSignal.any` does the same through weak references, which cost more than the signature. */
function eitherOf(...signals: readonly AbortSignal[]): Deadline {
  const controller = new AbortController();
  const abort = () => controller.abort(signals.find((signal) => signal.aborted)?.reason);
  for (const signal of signals) signal.addEventListener('abort', abort);
  if (signals.some((signal) => signal.aborted)) abort();
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const signal of signals) signal.removeEventListener('abort', abort);
    },
  };
}

/** A receiver chooses this text, and it goes to the log and the state. */
const LONGEST_TEXT = 300;

function first(value: string | string[] | undefined): string | null {
  return (Array.isArray(value) ? value[0] : value) ?? null;
}

const CODES = {
  unreachable: 'DELIVERY_UNREACHABLE',
  tls: 'DELIVERY_TLS',
  protocol: 'DELIVERY_BROKEN',
  timeout: 'DELIVERY_TIMEOUT',
  truncated: 'DELIVERY_BROKEN',
  broken: 'DELIVERY_BROKEN',
  request: 'DELIVERY_BROKEN',
  proxy: 'DELIVERY_PROXY',
  egress: 'DELIVERY_EGRESS',
} as const satisfies { [kind in Trouble['kind']]: Code };

function broken(error: unknown, origin: string): Failure {
  const { kind, reason } = troubleOf(error, 'waiting');
  return failure(CODES[kind], `${hostOf(new URL(origin))}: ${reason}`);
}
