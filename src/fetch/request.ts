import { hash } from 'node:crypto';
import type { SourceConfig } from '../config/document.ts';
import { fingerprint } from '../lib/fingerprint.ts';
import { isNegotiated } from '../lib/http/auth/accesses.ts';
import { addQuery, credentials, queryPair } from '../lib/http/auth/credentials.ts';
import { encodeBody } from '../lib/http/body.ts';
import { hostOf } from '../lib/http/exchange.ts';
import { reveal, type Secret } from '../lib/secret.ts';
import { ACCEPTED } from './decompress.ts';

/** One request, ready to be sent. It holds secrets: only `host` may be shown. */
export interface Request {
  readonly method: string;
  readonly url: URL;
  /** `url` in the parts that undici takes. */
  readonly origin: string;
  readonly path: string;
  /** Host and port, for messages. */
  readonly host: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: Buffer | null;
  /** Fingerprint of everything that the answer may depend on; validators belong to one fingerprint. */
  readonly fingerprint: string;
  /** The encoded `name=value` of credentials in the URL; null if there are none. */
  readonly secretQuery: string | null;
  /**
   * Identifies credentials that are not part of the request itself, such as sessions, whose tokens change while they
   * mean the same.
   */
  readonly identity: string | null;
}

type Draft = Pick<Request, 'method' | 'url' | 'headers' | 'body' | 'secretQuery' | 'identity'>;

/** Headers that are sent with every request, to any origin; headers of the source take precedence. */
export function ownHeaders(version: string): readonly string[] {
  return [
    ...['user-agent', agentOf(version)],
    ...['accept', 'application/json, */*;q=0.5'],
    ...['accept-encoding', ACCEPTED],
  ];
}

export function agentOf(version: string): string {
  return `pollhook/${version}`;
}

/** The request that polls a source; `own` as of {@link ownHeaders}. */
export function requestOf(source: SourceConfig, own: readonly string[]): Request {
  const { header, query: secretQuery } = credentials(source.auth);
  const identity = identityOf(source);
  const { body, contentType } = encodeBody(source);
  const headers = new Map<string, readonly [name: string, value: string]>();
  const set = (name: string, value: string | Secret) =>
    headers.set(name.toLowerCase(), [name, reveal(value)]);
  for (let at = 0; at + 1 < own.length; at += 2) set(own[at] ?? '', own[at + 1] ?? '');
  if (contentType !== null) set('content-type', contentType);
  for (const [name, value] of Object.entries(source.headers)) set(name, value);
  if (header) set(...header);

  const url = new URL(source.url);
  const query = Object.entries(source.query).map(([name, value]) => queryPair(name, value));
  addQuery(url, secretQuery === null ? query : [...query, secretQuery]);
  return finished({
    method: source.method,
    url,
    headers: [...headers.values()].flat(),
    body,
    secretQuery,
    identity,
  });
}

/** Fingerprint of the credentials: sessions, tokens and client certificates decide what the server shows. */
function identityOf({ auth, tls }: SourceConfig): string | null {
  const worked = isNegotiated(auth) ? auth : null;
  return worked || tls?.identity ? fingerprint([worked, tls?.identity?.cert]) : null;
}

/** Completes a request with what is derived from its parts. */
export function finished(draft: Draft): Request {
  const { method, url, headers, body, identity } = draft;
  // Without the user agent: stored validators stay valid for a new version of pollhook.
  const decisive = headers.filter((_, at) => headers[at - (at % 2)] !== 'user-agent');
  const content = body === null ? null : hash('sha256', body, 'base64url');
  return {
    ...draft,
    origin: url.origin,
    path: url.pathname + url.search,
    host: hostOf(url),
    fingerprint: fingerprint([method, url.href, decisive, content, ...(identity === null ? [] : [identity])]),
  };
}
