import type { SourceConfig } from '../config/document.ts';
import { type Failure, failure } from '../errors.ts';
import { allOf, header } from '../lib/http/header.ts';
import type { Received } from '../lib/http/received.ts';
import { formatSize } from '../lib/units.ts';
import type { Validators } from '../model.ts';
import { codings, decompress } from './decompress.ts';
import { barredFailure, brokenFailure } from './failures.ts';
import type { Arrival } from './follow.ts';
import type { Limits } from './limits/limits.ts';
import type { Request } from './request.ts';
import { statusFailure } from './status.ts';
import { validatorsOf } from './validators.ts';

interface Common {
  /**
   * What to ask with next time. For a body, only once its snapshot is committed: never store them without it. After a
   * 5xx they are null (another machine may have answered); otherwise a failure and a 304 leave those that were given.
   */
  readonly validators: Validators | null;
  /** Unix milliseconds until which the server asks to be left alone, at most 24 hours ahead. */
  readonly notBefore: number | null;
}

/** Where an answer came from, and its `Link` header. */
interface Place {
  /** After redirects. It may hold secrets. */
  readonly url: string;
  /** All `Link` headers as one (RFC 8288); null if there is none. */
  readonly link: string | null;
}

/** The result of fetching. */
export type Outcome =
  | (Common &
      Place & {
        readonly kind: 'body';
        readonly status: number;
        readonly contentType: string | null;
        /** Complete and decompressed; empty for 204, 205 and HEAD. */
        readonly body: Received;
      })
  | (Common & Place & { readonly kind: 'not_modified'; readonly status: 304 })
  | (Common & {
      readonly kind: 'failed';
      readonly failure: Failure;
      /** Null when there was no answer. */
      readonly status: number | null;
    });

interface Circumstances {
  /** Bytes of a body at most, before and after decompression. */
  readonly limit: number;
  /** Validators before this request. */
  readonly remembered: Validators | null;
  /** When the request was made, Unix milliseconds. */
  readonly asked: number;
  /** When it was answered, Unix milliseconds. */
  readonly now: number;
}

/** Decides what an exchange means: a body, not modified, or a failure. */
export async function judge(
  { exchange, limitReport, request, asked: conditional, refused }: Arrival,
  source: SourceConfig,
  { limit, remembered, asked, now }: Circumstances,
): Promise<Outcome> {
  const { host } = request;
  if (exchange.kind === 'too_large') return unanswered(tooLarge(host, limit), remembered);
  if (exchange.kind === 'barred') {
    const { trouble, notBefore } = exchange;
    return { ...unanswered(barredFailure(trouble, host), remembered), notBefore };
  }
  if (exchange.kind === 'broken') {
    return unanswered(brokenFailure(exchange.error, exchange.stage, host, source.timeout), remembered);
  }

  const { status, headers } = exchange;
  const notBefore = earliest(limitReport.limits, now);
  const place: Place = { url: request.url.href, link: allOf(headers, 'link') };
  if (status === 304 && conditional)
    return { kind: 'not_modified', status, validators: remembered, notBefore, ...place };
  const failed = (reason: Failure): Outcome => {
    return {
      kind: 'failed',
      failure: reason,
      status,
      validators: status < 500 ? remembered : null,
      notBefore,
    };
  };
  if (refused) return failed(refused);

  const contentType = header(headers, 'content-type');
  const applied = codings(headers['content-encoding']);
  const plain = applied.length === 0 ? exchange : await decompress(exchange.body.bytes, applied, limit);
  if (status < 200 || status > 299) {
    const body = 'body' in plain ? plain.body.bytes : null;
    const stranger = request.origin !== new URL(source.url).origin;
    const refusal = { host, status, reason: exchange.reason, contentType, body, stranger };
    const limited = limitReport.answered.kind === 'answer' && limitReport.answered.limited;
    const pause = limited ? limitReport.answered.retryAfter : null;
    const outcome = failed(statusFailure({ ...refusal, limited }));
    return pause === null ? outcome : { ...outcome, notBefore: Math.max(now + pause, notBefore ?? 0) };
  }
  if (plain.kind === 'too_large') return failed(tooLarge(host, limit));
  if (plain.kind === 'undecodable') return failed(failure('FETCH_ENCODING', `${host}: ${plain.reason}`));
  if (status === 206 && !asksForRange(request)) {
    return failed(
      failure('FETCH_TRUNCATED', `${host} answered 206 with a part, though it was asked for all`),
    );
  }
  const given = source.conditional !== false && status === 200 ? validatorsOf(headers, request, asked) : null;
  return { kind: 'body', status, contentType, body: plain.body, validators: given, notBefore, ...place };
}

function unanswered(reason: Failure, validators: Validators | null): Outcome {
  return { kind: 'failed', failure: reason, status: null, validators, notBefore: null };
}

/** The earliest time of the next poll, if the server asks for one; any answer may do so. */
function earliest({ retryAfter, floor }: Limits, now: number): number | null {
  return retryAfter === null && floor === null ? null : now + Math.max(retryAfter ?? 0, floor ?? 0);
}

function tooLarge(host: string, limit: number): Failure {
  return failure('FETCH_TOO_LARGE', `${host}: the answer is larger than ${formatSize(limit)}`);
}

function asksForRange({ headers }: Request): boolean {
  return headers.some((name, at) => at % 2 === 0 && name.toLowerCase() === 'range');
}
