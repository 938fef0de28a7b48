import type { Dispatcher } from 'undici';
import type { SourceConfig } from '../../config/document.ts';
import type { Failure } from '../../errors.ts';
import { createFetcher, type Fetched } from '../../fetch/fetch.ts';
import type { LimitReport } from '../../fetch/limits/report.ts';
import type { Clock } from '../../lib/clock.ts';
import { type AnswerHeaders, header } from '../../lib/http/header.ts';
import { createTransports, routeOf } from '../../lib/http/transport.ts';
import { VERSION } from '../../lib/version.ts';

/** `duration`: from the request to its end, in milliseconds. */
export interface Body extends Omit<Extract<Fetched, { kind: 'body' }>, 'body'> {
  readonly body: Buffer;
  readonly duration: number;
}

/** The result of polling a few times. */
export interface Asked {
  readonly answers: readonly Body[];
  /** Headers of the last answer. */
  readonly headers: AnswerHeaders;
  readonly limitReport: LimitReport | null;
  /** Why there were no more answers; null if there were as many as wanted. */
  readonly failure: Failure | null;
  /** The result of a conditional request; null if the server gave no validators. */
  readonly conditional: 'honoured' | 'ignored' | null;
}

interface Plan {
  readonly polls: number;
  /** Milliseconds between them. */
  readonly wait: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Milliseconds: the command gives up if a server asks for a longer wait. */
const LONGEST_WAIT = 60_000;

/** Polls a source a few times without validators, then once with them. */
export async function ask(source: SourceConfig, { polls, wait, clock, signal }: Plan): Promise<Asked> {
  await using transports = createTransports();
  let headers: AnswerHeaders = {};
  let limitReport: LimitReport | null = null;
  const http = listened(transports.dispatcher(routeOf(source)), (of) => {
    headers = of;
  });
  const observe = (_source: string, _status: number | null, last: LimitReport) => {
    limitReport = last;
  };
  const fetcher = createFetcher({ http, clock, random: () => 0, version: VERSION, observe });
  const answers: Body[] = [];
  for (let count = 0; count < polls; count += 1) {
    if (count > 0) await clock.sleep(Math.max(wait, (answers.at(-1)?.notBefore ?? 0) - clock.now()), signal);
    const began = clock.monotonic();
    const fetched = await fetcher.fetch(source, null, signal);
    if (fetched.kind !== 'body') {
      const failure = fetched.kind === 'failed' ? fetched.failure : null;
      return { answers, headers, limitReport, failure, conditional: null };
    }
    answers.push({ ...fetched, body: fetched.body.bytes, duration: clock.monotonic() - began });
    if ((fetched.notBefore ?? 0) - clock.now() > LONGEST_WAIT) break;
  }
  const [full, fullReport] = [headers, limitReport];
  const validators = answers.at(-1)?.validators ?? null;
  const last = { answers, headers: full, limitReport: fullReport, failure: null };
  if (!validators) return { ...last, conditional: null };
  const again = await fetcher.fetch(source, validators, signal);
  return { ...last, conditional: again.kind === 'not_modified' ? 'honoured' : 'ignored' };
}

/** Polls once more, after the usual wait or the one that the server asked for. */
export async function askOnce(
  source: SourceConfig,
  { notBefore }: Body,
  plan: Plan,
): Promise<Body | Failure> {
  const wait = Math.max(plan.wait, (notBefore ?? 0) - plan.clock.now());
  if (wait > LONGEST_WAIT) return { code: 'FETCH_LIMITED', message: 'the server asks to wait' };
  await plan.clock.sleep(wait, plan.signal);
  const { answers, failure } = await ask(source, { ...plan, polls: 1 });
  if (!answers[0] && !failure) throw new Error('an answer that was not asked about has not changed');
  return answers[0] ?? (failure as Failure);
}

/** The kind of credentials that a refusal asks for, as an `auth.type`; null if it does not say. */
export function wantedAuth(
  headers: AnswerHeaders,
): { readonly scheme: string; readonly type: string | null } | null {
  const scheme = /^\s*([\w-]+)/.exec(header(headers, 'www-authenticate') ?? '')?.[1];
  if (scheme === undefined) return null;
  const known = ['basic', 'bearer', 'digest'].find((type) => type === scheme.toLowerCase());
  return { scheme, type: known ?? null };
}

/** A dispatcher that also reports the headers of each answer. */
function listened(http: Dispatcher, tell: (headers: AnswerHeaders) => void): Dispatcher {
  return http.compose((dispatch) => (options, handler) => {
    // What lib/http/exchange.ts hands over is a plain object.
    return dispatch(options, {
      ...handler,
      onResponseStart(controller, status, headers, reason) {
        tell(headers);
        handler.onResponseStart?.(controller, status, headers, reason);
      },
    });
  });
}
