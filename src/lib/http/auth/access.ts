import type { Exchange, HttpRequest } from '../exchange.ts';
import type { AnswerHeaders } from '../header.ts';
import type { Trouble } from '../trouble.ts';

/**
 * Sends a request for credentials. Never rejects. The caller bounds time and size, and adds its usual headers, such
 * as the user agent.
 */
export type Ask = (request: HttpRequest) => Promise<Exchange>;

/** Credentials that have to be obtained from a server, shared by all their users. */
export interface Access {
  /** @param ask sends requests for credentials */
  visit(ask: Ask): Visit;
}

/** The use of credentials for one request, its redirects on the same server included. */
export interface Visit {
  /** The headers for a request as a flat list; may first obtain credentials. */
  headers(request: HttpRequest): Promise<readonly string[] | Barred>;
  /** To be called with every answer. */
  answered(request: HttpRequest, answer: Pick<Answer, 'status' | 'headers'>): void;
  /**
   * Whether the last answer means that other credentials are needed and can be had: then all is to be asked once
   * more.
   */
  refused(answer: Answer): Promise<boolean | Barred>;
}

export interface Answer {
  readonly status: number;
  /** Whether a redirect led to another origin, which got no credentials. */
  readonly stranger: boolean;
  readonly headers: AnswerHeaders;
  /** The body as text, decompressed, as far as it was read. */
  text(): Promise<string>;
}

/** Why no credentials could be obtained, so that a request cannot be sent. */
export interface Barred {
  readonly kind: 'barred';
  readonly trouble: Trouble;
  /** Unix milliseconds until which the server asks to be left alone; null if it did not say. */
  readonly notBefore: number | null;
}

export function barred(kind: Trouble['kind'], reason: string, notBefore: number | null = null): Barred {
  return { kind: 'barred', trouble: { kind, reason }, notBefore };
}

export function isBarred(came: object): came is Barred {
  return 'kind' in came && came.kind === 'barred';
}

/** Waits for credentials until a signal aborts. The login itself goes on: others may be waiting for it. */
export function inTime<T>(coming: Promise<T>, signals: readonly AbortSignal[]): Promise<T | Barred> {
  return new Promise((resolve, reject) => {
    const give = () => resolve(barred('timeout', 'the credentials did not come in time'));
    const stop = () => {
      for (const signal of signals) signal.removeEventListener('abort', give);
    };
    for (const signal of signals) signal.addEventListener('abort', give, { once: true });
    if (signals.some((signal) => signal.aborted)) give();
    coming.then(resolve, reject).finally(stop);
  });
}
