import { type Failure, failure } from '../errors.ts';
import type { Exchange } from '../lib/http/exchange.ts';
import { header } from '../lib/http/header.ts';
import type { Validators } from '../model.ts';
import type { Send } from './exchange.ts';
import type { Patience } from './patience.ts';
import { isRedirect, placeOf, redirected } from './redirect.ts';
import type { Request } from './request.ts';
import { conditions } from './validators.ts';

/** What stays the same over all requests of a poll. */
export interface Journey {
  readonly send: Send;
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
  readonly exchange: Exchange;
  /** Set when the exchange is a redirect that is not followed. */
  readonly refused: Failure | null;
}

/** Sends the first request and follows redirects until something else answers. */
export async function follow(journey: Journey, validators: Validators | null): Promise<Arrival> {
  const visited = new Set<string>();
  let request = journey.first;
  for (;;) {
    const asked = validators?.request === request.fingerprint ? validators : null;
    const sent = asked ? { ...request, headers: [...request.headers, ...conditions(asked)] } : request;
    const came = await journey.send(sent, journey.limit, journey.patience);
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

function detour(from: Request, to: Request, visited: ReadonlySet<string>, most: number): Failure | null {
  const step = `${from.host} redirects to ${placeOf(to.url)}`;
  if (visited.has(to.fingerprint)) return failure('FETCH_REDIRECT', `${step}, which is a circle`);
  return visited.size > most
    ? failure('FETCH_REDIRECT', `${step}, which is one redirect more than \`redirects: ${most}\` allows`)
    : null;
}
