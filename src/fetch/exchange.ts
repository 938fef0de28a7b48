import type { Dispatcher } from 'undici';
import type { SourceConfig } from '../config/document.ts';
import type { Clock } from '../lib/clock.ts';
import { type Exchange, exchange, type HttpRequest } from '../lib/http/exchange.ts';
import type { Gate } from './gate.ts';
import { type Heard, hear, textOf, UNHEARD } from './limits/heard.ts';
import type { PausableDeadline } from './pausable-deadline.ts';

/**
 * Sends one request on behalf of a source, as soon as its budget and the host allow it. All requests of fetching
 * (polls, pages, redirects, retries, logins, tokens) go through here. Failures of the request are values.
 *
 * @param limit most bytes of a body
 * @throws the reason of `patience.stop` if that aborts while the request waits for its turn
 */
export type Send = (request: HttpRequest, limit: number, deadline: PausableDeadline) => Promise<Sent>;

/** The result of a request, and what it says about rate limits. */
export interface Sent {
  readonly exchange: Exchange;
  readonly heard: Heard;
}

export interface SendDeps {
  readonly http: Dispatcher;
  readonly gate: Gate;
  readonly clock: Clock;
  /** Called after every request with the status of its answer (null: none) and what it says about rate limits. */
  readonly observe: (status: number | null, heard: Heard) => void;
}

export function sending(
  source: Pick<SourceConfig, 'name' | 'budget'>,
  { http, gate, clock, observe }: SendDeps,
): Send {
  const names = source.budget?.headers ?? 'auto';
  return async (request, limit, deadline) => {
    const entering = gate.enter(source, request.origin, deadline.stop);
    const permit = entering instanceof Promise ? await deadline.pauseDuring(entering) : entering;
    let heard = UNHEARD;
    try {
      const came = await exchange(http, request, limit, deadline.signals);
      const status = came.kind === 'answer' ? came.status : null;
      const text = status === 403 ? await textOf(came) : null;
      if (!deadline.stop?.aborted) heard = hear(came, text, names, clock.now());
      observe(status, heard);
      return { exchange: came, heard };
    } finally {
      permit.leave(heard.answered);
    }
  };
}
