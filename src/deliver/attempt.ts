import { STATUS_CODES } from 'node:http';
import type { Dispatcher as HttpDispatcher } from 'undici';
import { type Code, type Failure, failure } from '../errors.ts';
import type { Clock } from '../lib/clock.ts';
import { type Access, type Ask, type Barred, inTime, isBarred, type Visit } from '../lib/http/auth/access.ts';
import { exchange, hostOf } from '../lib/http/exchange.ts';
import { type AnswerHeaders, header } from '../lib/http/header.ts';
import { pairs, withHeaders } from '../lib/http/headers.ts';
import { type Trouble, troubleOf } from '../lib/http/trouble.ts';
import type { Redactor } from '../lib/redact.ts';
import { formatDuration } from '../lib/units.ts';
import { excerptOf } from './excerpt.ts';
import { post } from './post.ts';
import type { DeliveryRequest } from './request.ts';

/** The result of one HTTP attempt. An answer counts as soon as its status is known, whatever becomes of its body. */
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

interface AttemptDeps {
  readonly http: HttpDispatcher;
  /** Credentials that have to be obtained first; null if there are none. */
  readonly access: Access | null;
  readonly clock: Clock;
  readonly redactor: Redactor;
}

/**
 * Sends one request and waits for its answer; redirects are not followed. Never rejects. If the answer shows that the
 * credentials have expired, the request is sent once more.
 *
 * @param timeout milliseconds for everything, the answer's body included
 * @param stop aborts the attempt
 */
export async function attempt(
  request: DeliveryRequest,
  timeout: number,
  stop: AbortSignal,
  dependencies: AttemptDeps,
): Promise<Reply> {
  const { access, clock, redactor } = dependencies;
  using deadline = clock.deadline(timeout, stop);
  const unanswered = ({ code, message }: Failure): Reply => {
    if (stop.aborted) return { kind: 'aborted' };
    return { kind: 'unanswered', failure: failure(code, redactor.redact(message).slice(0, LONGEST_TEXT)) };
  };
  try {
    if (!access) return (await send(request, deadline.signal, dependencies)).answer;
    const visit = access.visit(asking(request, timeout, dependencies));
    const replied = await withCredentials(visit, request, deadline.signal, dependencies);
    return replied.kind === 'barred' ? unanswered(barred(replied.trouble, request.origin)) : replied;
  } catch (error) {
    const timedOut = deadline.signal.aborted;
    if (timedOut)
      return unanswered(failure('DELIVERY_TIMEOUT', `no answer within ${formatDuration(timeout)}`));
    return unanswered(broken(error, request.origin));
  }
}

interface Sent {
  readonly answer: Answer;
  readonly headers: AnswerHeaders;
}

/** Rejects when there is no answer. */
async function send(
  request: DeliveryRequest,
  signal: AbortSignal,
  { http, redactor }: AttemptDeps,
): Promise<Sent> {
  const { status, headers, start } = await post(http, request, signal);
  const reason = STATUS_CODES[status];
  const location = header(headers, 'location');
  const answer: Answer = {
    kind: 'answered',
    status,
    said: reason ? `${status} ${reason}` : String(status),
    retryAfter: header(headers, 'retry-after'),
    date: header(headers, 'date'),
    location: location === null ? null : redactor.redact(location).slice(0, LONGEST_TEXT),
    excerpt: start.length === 0 ? '' : excerptOf(start, redactor),
  };
  return { answer, headers };
}

/** A token or session is renewed once; a digest may need two, if the server calls the first nonce stale. */
const MOST_RENEWALS = 2;

async function withCredentials(
  visit: Visit,
  request: DeliveryRequest,
  signal: AbortSignal,
  dependencies: AttemptDeps,
): Promise<Answer | Barred> {
  const plain = { ...request, headers: [], body: Buffer.from(request.body) };
  for (let renewals = 0; ; renewals += 1) {
    const credentials = await inTime(visit.headers(plain), [signal]);
    if (isBarred(credentials)) return credentials;
    const all = withHeaders(Object.entries(request.headers).flat(), credentials);
    const headers = Object.fromEntries(pairs(all));
    const { answer, headers: answered } = await send({ ...request, headers }, signal, dependencies);
    visit.answered(plain, { status: answer.status, headers: answered });
    if (renewals === MOST_RENEWALS) return answer;
    const text = async () => answer.excerpt;
    const refused = await visit.refused({ status: answer.status, headers: answered, stranger: false, text });
    if (refused === false) return answer;
    if (refused !== true) return refused;
  }
}

/** Bytes of an answer that gives a token or a session, at most. */
const LARGEST_GRANT = 1_000_000;

/** Requests for credentials have a deadline of their own: other attempts may wait for the same token. */
function asking({ headers }: DeliveryRequest, timeout: number, { http, clock }: AttemptDeps): Ask {
  const own = ['user-agent', headers['user-agent'] ?? ''];
  return async (request) => {
    using deadline = clock.deadline(timeout);
    const asked = { ...request, headers: withHeaders(own, request.headers) };
    return await exchange(http, asked, LARGEST_GRANT, [deadline.signal]);
  };
}

/** Characters of a text that the receiver chose and that goes to the log and the state, at most. */
const LONGEST_TEXT = 300;

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
  credentials: 'DELIVERY_CREDENTIALS',
  limited: 'DELIVERY_CREDENTIALS',
  answer: 'DELIVERY_CREDENTIALS',
} as const satisfies { [kind in Trouble['kind']]: Code };

function broken(error: unknown, origin: string): Failure {
  const { kind, reason } = troubleOf(error, 'waiting');
  return failure(CODES[kind], `${hostOf(new URL(origin))}: ${reason}`);
}

function barred({ kind, reason }: Trouble, origin: string): Failure {
  return failure(
    kind === 'timeout' ? 'DELIVERY_CREDENTIALS' : CODES[kind],
    `${hostOf(new URL(origin))}: ${reason}`,
  );
}
