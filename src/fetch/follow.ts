import { type Failure, failure } from '../errors.ts';
import { type Barred, inTime, isBarred, type Visit } from '../lib/http/auth/access.ts';
import type { Exchange } from '../lib/http/exchange.ts';
import { header } from '../lib/http/header.ts';
import { withHeaders } from '../lib/http/headers.ts';
import { isRedirect, placeOf } from '../lib/http/redirect.ts';
import type { Validators } from '../model.ts';
import type { Send } from './exchange.ts';
import type { Patience } from './patience.ts';
import { redirected } from './redirect.ts';
import type { Request } from './request.ts';
import { conditions } from './validators.ts';

/** What stays the same over all requests of a poll. */
export interface Journey {
  readonly send: Send;
  /** Begins to use credentials that are no part of the request; null if there are none. */
  readonly visit: (() => Visit) | null;
  readonly first: Request;
  /** Headers that any origin may see. */
  readonly own: readonly string[];
  readonly redirects: number;
  /** Most bytes of a body. */
  readonly limit: number;
  readonly patience: Patience;
}

/** Where redirects led, and what came from there. */
export interface Arrival {
  readonly request: Request;
  /** The validators that the last request asked with: those that this very request once gave. */
  readonly asked: Validators | null;
  /** Barred when there were no credentials to ask with. */
  readonly exchange: Exchange | Barred;
  /** Set when the exchange is a redirect that is not followed. */
  readonly refused: Failure | null;
}

/** Sends the first request and follows redirects until something else answers. */
export async function follow(
  journey: Journey,
  visit: Visit | null,
  validators: Validators | null,
): Promise<Arrival> {
  const visited = new Set<string>();
  let request = journey.first;
  for (;;) {
    const asked = validators?.request === request.fingerprint ? validators : null;
    const came = await ask(journey, visit, request, asked);
    if (came.kind !== 'answer' || !isRedirect(came.status)) {
      return { request, asked, exchange: came, refused: null };
    }
    visited.add(request.fingerprint);
    const next = redirected(request, came.status, header(came.headers, 'location'), journey.own);
    const refused = 'code' in next ? next : detour(request, next, visited, journey.redirects);
    if (refused || 'code' in next) return { request, asked, exchange: came, refused };
    request = next;
  }
}

/** One request, with conditions; with credentials only to the origin that they are for. To get those takes time of its own. */
async function ask(
  { send, first, limit, patience }: Journey,
  visit: Visit | null,
  request: Request,
  asked: Validators | null,
): Promise<Exchange | Barred> {
  const ours = request.origin === first.origin ? visit : null;
  const credentials = ours ? await patience.standStill(inTime(ours.headers(request), patience.signals)) : [];
  if (isBarred(credentials)) return credentials;
  const more = asked ? [...conditions(asked), ...credentials] : credentials;
  const sent = more.length === 0 ? request : { ...request, headers: withHeaders(request.headers, more) };
  const came = await send(sent, limit, patience);
  if (came.kind === 'answer') ours?.heard(request, came);
  return came;
}

function detour(from: Request, to: Request, visited: ReadonlySet<string>, most: number): Failure | null {
  const step = `${from.host} redirects to ${placeOf(to.url)}`;
  if (visited.has(to.fingerprint)) return failure('FETCH_REDIRECT', `${step}, which is a circle`);
  return visited.size > most
    ? failure('FETCH_REDIRECT', `${step}, which is one redirect more than \`redirects: ${most}\` allows`)
    : null;
}
