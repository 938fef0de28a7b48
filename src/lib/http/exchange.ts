import type { Dispatcher } from 'undici';
import type { AnswerHeaders } from './header.ts';
import { Received } from './received.ts';

type Controller = Dispatcher.DispatchController;

/** A request in the parts that undici takes. It holds secrets: only host and port may be shown. */
export interface HttpRequest {
  readonly method: string;
  readonly origin: string;
  /** With the query. */
  readonly path: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: Buffer | null;
}

/** Host and port, for messages. */
export function hostOf(url: URL): string {
  return url.port === '' ? `${url.hostname}:${url.protocol === 'https:' ? 443 : 80}` : url.host;
}

/** How far an exchange had progressed when it failed. */
export type Stage = 'connecting' | 'waiting' | 'reading';

/** The result of one HTTP exchange. The body is not decompressed. */
export type Exchange =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly reason: string;
      readonly headers: AnswerHeaders;
      readonly body: Received;
    }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'broken'; readonly error: unknown; readonly stage: Stage };

/** Bytes that are read of an answer with an error status: enough to explain it. */
const EXCERPT = 16_384;

/**
 * Sends one request and collects the answer; never rejects. An answer with an error status counts even if its body
 * breaks off.
 *
 * Uses undici's `dispatch()` instead of `request()`: the handler counts chunks as they come, and knows whether a
 * connection was ever made.
 *
 * @param limit bytes of a body at most
 * @param signals each of them ends the exchange at once; the reason becomes the `error`
 */
export function exchange(
  http: Dispatcher,
  request: HttpRequest,
  limit: number,
  signals: readonly AbortSignal[],
): Promise<Exchange> {
  return new Promise((resolve) => {
    let controller: Controller | null = null;
    let answer: { status: number; reason: string; headers: AnswerHeaders; bound: number } | null = null;
    let ended: Exchange | null = null;
    const chunks: Buffer[] = [];
    let size = 0;

    const end = (outcome: Exchange): void => {
      if (ended) return;
      ended = outcome;
      for (const signal of signals) signal.removeEventListener('abort', abort);
      resolve(outcome);
    };
    const stop = (outcome: Exchange, reason: Error): void => {
      end(outcome);
      controller?.abort(reason);
    };
    const complete = (): Exchange => {
      if (!answer) return broken(new Error('no answer'));
      const { status, reason, headers } = answer;
      return { kind: 'answer', status, reason, headers, body: new Received(chunks, size) };
    };
    const broken = (error: unknown): Exchange => {
      if (answer && !isSuccess(answer.status)) return complete();
      return { kind: 'broken', error, stage: answer ? 'reading' : controller ? 'waiting' : 'connecting' };
    };
    const abort = (): void => {
      const reason: unknown = signals.find((signal) => signal.aborted)?.reason;
      stop(broken(reason), reason instanceof Error ? reason : new Error('aborted'));
    };

    for (const signal of signals) signal.addEventListener('abort', abort, { once: true });
    if (signals.some((signal) => signal.aborted)) return abort();

    http.dispatch(
      {
        origin: request.origin,
        path: request.path,
        method: request.method,
        headers: request.headers as string[],
        body: request.body,
        // The deadline of the poll covers both phases; undici's own timers are coarse.
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      {
        onRequestStart(started) {
          controller = started;
          if (ended) started.abort(new Error('given up while connecting'));
        },
        onResponseStart(_, status, headers, reason = '') {
          // 1xx statuses precede the answer.
          if (status < 200) return;
          const success = isSuccess(status);
          answer = { status, reason, headers, bound: success ? limit : EXCERPT };
          const announced = Number(headers['content-length']);
          if (success && announced > limit && request.method !== 'HEAD') {
            stop({ kind: 'too_large' }, new Error('too large'));
          }
        },
        onResponseData(_, chunk) {
          if (ended || !answer) return;
          size += chunk.length;
          chunks.push(chunk);
          if (size <= answer.bound) return;
          const outcome: Exchange = isSuccess(answer.status) ? { kind: 'too_large' } : complete();
          stop(outcome, new Error('more than is read'));
        },
        onResponseEnd() {
          end(complete());
        },
        onResponseError(_, error) {
          end(broken(error));
        },
      },
    );
  });
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}
