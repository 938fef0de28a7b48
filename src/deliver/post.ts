import type { Dispatcher as HttpDispatcher } from 'undici';
import type { AnswerHeaders } from '../lib/http/header.ts';
import { WINDOW } from './excerpt.ts';
import type { DeliveryRequest } from './request.ts';

/** What a receiver answered, and the start of the body. */
export interface Posted {
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly start: Buffer;
}

/**
 * An answer up to this size is read to its end, which keeps the connection open; beyond it the connection is closed.
 */
const MOST_READ = 64 * 1024;

const NOTHING = Buffer.alloc(0);

/**
 * Sends one request; redirects are not followed. Rejects when there is no answer. An answer whose body breaks off or is
 * aborted counts, with the part of the body that came.
 *
 * Uses undici's `dispatch()`, because the stream of `request()` costs as much as signature and headers together.
 *
 * @param signal limits the time for everything, the body included
 */
export function post(http: HttpDispatcher, request: DeliveryRequest, signal: AbortSignal): Promise<Posted> {
  return new Promise((resolve, reject) => {
    let controller: HttpDispatcher.DispatchController | null = null;
    let answer: Omit<Posted, 'start'> | null = null;
    const chunks: Buffer[] = [];
    let size = 0;

    const end = (error: unknown): void => {
      signal.removeEventListener('abort', abort);
      const [first = NOTHING] = chunks;
      if (answer) resolve({ ...answer, start: chunks.length > 1 ? Buffer.concat(chunks) : first });
      else reject(error);
    };
    const abort = (): void => {
      end(signal.reason);
      controller?.abort(signal.reason);
    };

    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) return abort();

    // The signal bounds everything, so undici's own timers (coarse, and per phase) are off.
    http.dispatch(
      { ...request, headersTimeout: 0, bodyTimeout: 0 },
      {
        onRequestStart(started) {
          controller = started;
          if (signal.aborted) started.abort(signal.reason);
        },
        onResponseStart(_, status, headers) {
          // 1xx statuses precede the answer.
          if (status >= 200) answer = { status, headers };
        },
        onResponseData(_, chunk) {
          if (size < WINDOW) chunks.push(chunk);
          size += chunk.length;
          if (size > MOST_READ) controller?.abort(new Error('more than is read'));
        },
        onResponseEnd: () => end(null),
        // If a status came, it decides.
        onResponseError: (_, error) => end(error),
      },
    );
  });
}
