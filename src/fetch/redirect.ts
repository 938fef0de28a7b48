import { type Failure, failure } from '../errors.ts';
import { addQuery, finished, type Request } from './request.ts';

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Headers that describe a body, and go with it (RFC 9110, 15.4). */
const ABOUT_BODY = new Set([
  'content-type',
  'content-length',
  'content-encoding',
  'content-language',
  'content-location',
]);

/** Whether a status sends the client elsewhere; 300 and 304 to 306 do not. */
export function isRedirect(status: number): boolean {
  return REDIRECTS.has(status);
}

/**
 * The request that a redirect asks for (RFC 9110, 15.4). The same scheme, host and port keep headers and credentials;
 * any other origin gets none of them, and no body either. From https it never goes back to http.
 *
 * @param own the headers that every origin may see
 * @returns FETCH_REDIRECT with the reason if it must not be followed
 */
export function redirected(
  from: Request,
  status: number,
  location: string | null,
  own: readonly string[],
): Request | Failure {
  if (location === null) return refuse(from, status, 'without saying where');
  // Bytes above 0x7f are UTF-8 in practice; undici gives them one by one.
  const target = URL.parse(Buffer.from(location, 'latin1').toString(), from.url.href);
  if (!target) return refuse(from, status, 'to something that is not a URL');
  const shown = `to ${placeOf(target)}`;
  if (target.protocol !== 'https:' && target.protocol !== 'http:') return refuse(from, status, shown);
  if (from.url.protocol === 'https:' && target.protocol === 'http:') {
    return refuse(from, status, `${shown}, which would leave TLS`);
  }
  target.hash = target.username = target.password = '';

  const method = methodAfter(status, from.method);
  const body = method === from.method ? from.body : null;
  if (target.origin !== from.origin) {
    if (body !== null)
      return refuse(from, status, `${shown}, and another origin is not given the request body`);
    return finished({ method, url: target, headers: own, body, secretQuery: null });
  }
  const headers = body === from.body ? from.headers : withoutBody(from.headers);
  if (from.secretQuery !== null && !target.search.slice(1).split('&').includes(from.secretQuery)) {
    addQuery(target, [from.secretQuery]);
  }
  return finished({ method, url: target, headers, body, secretQuery: from.secretQuery });
}

/** Where a URL points, without anything that may be secret: user info, query and fragment are left out. */
export function placeOf(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/** 303 asks for a GET; 301 and 302 turn a POST into a GET, since everybody does; 307 and 308 change nothing. */
function methodAfter(status: number, method: string): string {
  if (status === 303) return method === 'HEAD' ? 'HEAD' : 'GET';
  return method === 'POST' && (status === 301 || status === 302) ? 'GET' : method;
}

function withoutBody(headers: readonly string[]): readonly string[] {
  return headers.filter((_, at) => !ABOUT_BODY.has(headers[at - (at % 2)]?.toLowerCase() ?? ''));
}

function refuse(from: Request, status: number, why: string): Failure {
  return failure('FETCH_REDIRECT', `${from.host} redirects (${status}) ${why}: not followed`);
}
