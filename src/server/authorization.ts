import { hash, timingSafeEqual } from 'node:crypto';
import { type Failure, failure } from '../errors.ts';
import { isLoopback } from '../lib/loopback.ts';
import type { Secret } from '../lib/secret.ts';

/** What decides who may use the server. */
export interface AccessRules {
  /** The configured address of the server, `host:port`. */
  readonly listen: string;
  readonly token: Secret | null;
}

/**
 * Why a request is refused, whatever it asks for except health and metrics; null if it is not. Protects against other
 * machines: without a token nothing is served beyond loopback. Protects against web pages in a local browser: no
 * foreign origin (request forgery), and without a token no foreign host (DNS rebinding).
 */
export function refusalOf(headers: Headers, { listen, token }: AccessRules): Failure | null {
  if (isClosed({ listen, token }))
    return failure('API_CLOSED', `the server listens on ${listen} and has no token`);
  const host = headers.get('host') ?? '';
  if (token === null && !isLoopback(hostIn(host)) && hostIn(host) !== hostIn(listen))
    return failure(
      'API_HOST',
      host === '' ? 'the request names no host' : `${shown(host)} is not a name of this server`,
    );
  const origin = headers.get('origin');
  if (origin !== null && !isOwn(origin, headers, token))
    return failure('API_ORIGIN', `the request comes from a web page of ${shown(origin)}`);
  // Browsers send this header even without an Origin. Following a link from another site is harmless.
  const site = headers.get('sec-fetch-site');
  if ((site === 'cross-site' || site === 'same-site') && headers.get('sec-fetch-mode') !== 'navigate')
    return failure('API_ORIGIN', 'the request comes from a web page of another site');
  return null;
}

/** Whether only health and metrics are served, because other machines can reach the server and there is no token. */
function isClosed({ listen, token }: AccessRules): boolean {
  return token === null && !isLoopback(hostIn(listen));
}

/** Whether a request has the token, compared in constant time. */
export function hasToken(headers: Headers, token: Secret): boolean {
  const [, given = ''] = /^bearer +(\S+)$/i.exec((headers.get('authorization') ?? '').trim()) ?? [];
  return timingSafeEqual(hash('sha256', given, 'buffer'), hash('sha256', token.reveal(), 'buffer'));
}

/**
 * Whether an origin is the server's own. Behind a proxy `x-forwarded-host` names the host that the browser asked for;
 * web pages cannot set it.
 */
function isOwn(origin: string, headers: Headers, token: Secret | null): boolean {
  const asked = [headers.get('host'), token && headers.get('x-forwarded-host')];
  return asked.some((host) => host && (origin === `http://${host}` || origin === `https://${host}`));
}

/** The name in `host:port` or `host`, lower-case; empty if it is none. */
function hostIn(text: string): string {
  return URL.canParse(`http://${text}`) ? new URL(`http://${text}`).hostname : '';
}

/** A header's value for messages, shortened and quoted. */
function shown(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
