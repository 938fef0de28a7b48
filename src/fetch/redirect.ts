import { type Failure, failure } from '../errors.ts';
import { addQuery } from '../lib/http/auth/credentials.ts';
import { methodAfter, placeOf, redirectTarget } from '../lib/http/redirect.ts';
import { finished, type Request } from './request.ts';

/** Headers that describe a body, and are dropped with it (RFC 9110, 15.4). */
const ABOUT_BODY = new Set([
  'content-type',
  'content-length',
  'content-encoding',
  'content-language',
  'content-location',
]);

/**
 * The request that a redirect asks for (RFC 9110, 15.4). The same origin gets headers and credentials; any other
 * origin gets neither them nor a body.
 *
 * @param own headers that any origin may see
 * @returns FETCH_REDIRECT with the reason if it must not be followed
 */
export function redirected(
  from: Request,
  status: number,
  location: string | null,
  own: readonly string[],
): Request | Failure {
  const found = redirectTarget(from.url, location);
  if ('refused' in found) return refuse(from, status, found.refused);
  const target = found.url;
  const method = methodAfter(status, from.method);
  const body = method === from.method ? from.body : null;
  if (target.origin !== from.origin) {
    if (body !== null)
      return refuse(from, status, `to ${placeOf(target)}, and another origin is not given the request body`);
    return finished({ method, url: target, headers: own, body, secretQuery: null, identity: null });
  }
  const headers = body === from.body ? from.headers : withoutBody(from.headers);
  if (from.secretQuery !== null && !target.search.slice(1).split('&').includes(from.secretQuery)) {
    addQuery(target, [from.secretQuery]);
  }
  return finished({
    method,
    url: target,
    headers,
    body,
    secretQuery: from.secretQuery,
    identity: from.identity,
  });
}

function withoutBody(headers: readonly string[]): readonly string[] {
  return headers.filter((_, at) => !ABOUT_BODY.has(headers[at - (at % 2)]?.toLowerCase() ?? ''));
}

function refuse(from: Request, status: number, why: string): Failure {
  return failure('FETCH_REDIRECT', `${from.host} redirects (${status}) ${why}: not followed`);
}
