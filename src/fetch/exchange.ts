import type { Dispatcher } from 'undici';
import type { SourceConfig } from '../config/document.ts';
import type { Clock } from '../lib/clock.ts';
import { type Exchange, exchange, type HttpRequest } from '../lib/http/exchange.ts';
import type { Gate } from './gate.ts';
import { type Heard, hear } from './limits/heard.ts';
import type { Patience } from './patience.ts';

/**
 * Sends one request on behalf of a source, as soon as its budget and the host can bear it. Whatever fetching asks a
 * server (polls, pages, redirects, retries, logins, tokens) goes through here and nowhere else. What goes wrong with
 * the request is a value.
 *
 * @param limit most bytes of a body
 * @throws the reason of `patience.stop` if that aborts while the request waits for its turn
 */
export type Send = (request: HttpRequest, limit: number, patience: Patience) => Promise<Exchange>;

export interface SendDependencies {
  readonly http: Dispatcher;
  readonly gate: Gate;
  readonly clock: Clock;
  /** Told of every request: the status of its answer, null for none, and what that says of limits. */
  readonly observe: (status: number | null, heard: Heard) => void;
}

const NOTHING: Heard = { answered: { kind: 'unknown' }, readings: [] };

export function sending(
  source: Pick<SourceConfig, 'name' | 'budget'>,
  { http, gate, clock, observe }: SendDependencies,
): Send {
  const names = source.budget?.headers ?? 'auto';
  return async (request, limit, patience) => {
    const entering = gate.enter(source, request.origin, patience.stop);
    const permit = entering instanceof Promise ? await patience.standStill(entering) : entering;
    let heard = NOTHING;
    try {
      const came = await exchange(http, request, limit, patience.signals);
      if (!patience.stop?.aborted) heard = await hear(came, names, clock.now());
      observe(came.kind === 'answer' ? came.status : null, heard);
      return came;
    } finally {
      permit.leave(heard.answered);
    }
  };
}
