import { type Failure, failure } from '../errors.ts';
import { type Barred, inTime, isBarred, type Visit } from '../lib/http/auth/access.ts';
import type { Exchange, HttpRequest } from '../lib/http/exchange.ts';
import { header } from '../lib/http/header.ts';
import { withHeaders } from '../lib/http/headers.ts';
import { isRedirect, placeOf } from '../lib/http/redirect.ts';
import type { Validators } from '../model.ts';
import type { Send } from './exchange.ts';
import { type LimitReport, NO_REPORT } from './limits/report.ts';
import type { PausableDeadline } from './pausable-deadline.ts';
import { redirected } from './redirect.ts';
import type { Request } from './request.ts';
import { conditions } from './validators.ts';

/** What stays the same over all polls of a source. */
export interface Journey {
  readonly send: Send;
  /** Begins to use credentials that have to be obtained first; null if there are none. */
  readonly visit: (() => Visit) | null;
  readonly first: Request;
  /** Headers that any origin may see. */
  readonly own: readonly string[];
  readonly redirects: number;
  /** Bytes of a body, at most. */
  readonly limit: number;
}

/** The last request after all redirects, and its answer. */
export interface Arrival {
  readonly request: Request;
  /** The validators that were sent with the last request. */
  readonly asked: Validators | null;
  /** Barred if no credentials could be obtained. */
  readonly exchange: Exchange | Barred;
  /** What the answer says about rate limits. */
  readonly limitReport: LimitReport;
  /** Set when the exchange is a redirect that is not followed. */
  readonly refused: Failure | null;
}

type Came = Pick<Arrival, 'exchange' | 'limitReport'>;

/** Sends the first request and follows redirects to the final answer. */
export async function follow(
  journey: Journey,
  visit: Visit | null,
  validators: Validators | null,
  deadline: PausableDeadline,
): Promise<Arrival> {
  const visited: string[] = [];
  let request = journey.first;
  for (;;) {
    const asked = validators?.request === request.fingerprint ? validators : null;
    const { exchange, limitReport } = await ask(journey, visit, request, asked, deadline);
    if (exchange.kind !== 'answer' || !isRedirect(exchange.status)) {
      return { request, asked, exchange, limitReport, refused: null };
    }
    visited.push(request.fingerprint);
    const next = redirected(request, exchange.status, header(exchange.headers, 'location'), journey.own);
    const refused = 'code' in next ? next : detour(request, next, visited, journey.redirects);
    if (refused || 'code' in next) return { request, asked, exchange, limitReport, refused };
    request = next;
  }
}

/** Sends one request with its conditions; credentials are sent only to their own origin. */
function ask(
  journey: Journey,
  visit: Visit | null,
  request: Request,
  asked: Validators | null,
  deadline: PausableDeadline,
): Promise<Came> {
  const conditional = asked ? adding(request, conditions(asked)) : request;
  return visit && request.origin === journey.first.origin
    ? askWith(visit, journey, conditional, deadline)
    : journey.send(conditional, journey.limit, deadline);
}

/** Sends one request with credentials. Obtaining them does not count towards the deadline. */
async function askWith(
  visit: Visit,
  { send, limit }: Journey,
  request: HttpRequest,
  deadline: PausableDeadline,
): Promise<Came> {
  const credentials = await deadline.pauseDuring(inTime(visit.headers(request), deadline.signals));
  if (isBarred(credentials)) return { exchange: credentials, limitReport: NO_REPORT };
  const sent = await send(adding(request, credentials), limit, deadline);
  if (sent.exchange.kind === 'answer') visit.answered(request, sent.exchange);
  return sent;
}

function adding(request: HttpRequest, more: readonly string[]): HttpRequest {
  if (more.length === 0) return request;
  const { method, origin, path, headers, body } = request;
  return { method, origin, path, headers: withHeaders(headers, more), body };
}

function detour(from: Request, to: Request, visited: readonly string[], most: number): Failure | null {
  const step = `${from.host} redirects to ${placeOf(to.url)}`;
  if (visited.includes(to.fingerprint)) return failure('FETCH_REDIRECT', `${step}, which is a redirect loop`);
  return visited.length > most
    ? failure('FETCH_REDIRECT', `${step}, which is one redirect more than \`redirects: ${most}\` allows`)
    : null;
}
