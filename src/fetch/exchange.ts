import type { Dispatcher } from 'undici';
import { type Exchange, exchange, type HttpRequest } from '../lib/http/exchange.ts';

/**
 * Sends one request on behalf of a source; never rejects. Whatever fetching asks a server (polls, redirects, retries,
 * logins, tokens) goes through here and nowhere else.
 *
 * @param limit most bytes of a body
 * @param signals each of them ends the exchange at once
 */
export type Send = (
  request: HttpRequest,
  limit: number,
  signals: readonly AbortSignal[],
) => Promise<Exchange>;

/** @param observe told the status of every answer; null for none */
export function sending(http: Dispatcher, observe: (status: number | null) => void): Send {
  return async (request, limit, signals) => {
    const came = await exchange(http, request, limit, signals);
    observe(came.kind === 'answer' ? came.status : null);
    return came;
  };
}
