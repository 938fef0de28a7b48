import type { Dispatcher } from 'undici';
import type { SourceConfig } from '../config/document.ts';
import type { Clock } from '../lib/clock.ts';
import { type Exchange, exchange, type HttpRequest } from '../lib/http/exchange.ts';
import type { Gate } from './gate.ts';
import { type LimitReport, limitReportOf, NO_REPORT, textOf } from './limits/report.ts';
import type { PausableDeadline } from './pausable-deadline.ts';

/**
 * Sends one request on behalf of a source, as soon as its budget and the host allow it. All requests of fetching
 * (polls, pages, redirects, retries, logins, tokens) go through here. Failures of the request are values.
 *
 * @param limit most bytes of a body
 * @throws the reason of `deadline.stop` if that aborts while the request waits for its turn
 */
export type Send = (request: HttpRequest, limit: number, deadline: PausableDeadline) => Promise<Sent>;

/** The result of a request, and what it says about rate limits. */
export interface Sent {
  readonly exchange: Exchange;
  readonly limitReport: LimitReport;
}

export interface SendDeps {
  readonly http: Dispatcher;
  readonly gate: Gate;
  readonly clock: Clock;
  /** Called after every request with the status of its answer (null: none) and what it says about rate limits. */
  readonly observe: (status: number | null, limitReport: LimitReport) => void;
}

export function sending(
  source: Pick<SourceConfig, 'name' | 'budget'>,
  { http, gate, clock, observe }: SendDeps,
): Send {
  const names = source.budget?.headers ?? 'auto';
  return async (request, limit, deadline) => {
    const entering = gate.enter(source, request.origin, deadline.stop);
    const permit = entering instanceof Promise ? await deadline.pauseDuring(entering) : entering;
    let limitReport = NO_REPORT;
    try {
      const came = await exchange(http, request, limit, deadline.signals);
      const status = came.kind === 'answer' ? came.status : null;
      const text = status === 403 ? await textOf(came) : null;
      if (!deadline.stop?.aborted) limitReport = limitReportOf(came, text, names, clock.now());
      observe(status, limitReport);
      return { exchange: came, limitReport };
    } finally {
      permit.leave(limitReport.answered);
    }
  };
}
