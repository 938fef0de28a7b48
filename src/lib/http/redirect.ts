const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Whether a status sends the client elsewhere; 300 and 304 to 306 do not. */
export function isRedirect(status: number): boolean {
  return REDIRECTS.has(status);
}

/** The target of a redirect, or why it must not be followed. Redirects from https to http are refused. */
export function redirectTarget(
  from: URL,
  location: string | null,
): { readonly url: URL } | { readonly refused: string } {
  if (location === null) return { refused: 'without saying where' };
  // Bytes above 0x7f are UTF-8 in practice; undici decodes them as Latin-1.
  const url = URL.parse(Buffer.from(location, 'latin1').toString(), from.href);
  if (!url) return { refused: 'to something that is not a URL' };
  const shown = `to ${placeOf(url)}`;
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return { refused: shown };
  if (from.protocol === 'https:' && url.protocol === 'http:') {
    return { refused: `${shown}, which would leave TLS` };
  }
  url.hash = url.username = url.password = '';
  return { url };
}

/** A URL for messages, without parts that may be secret: user info, query and fragment. */
export function placeOf(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/**
 * The method after a redirect: 303 asks for a GET; 301 and 302 turn a POST into a GET, as all clients do; 307 and 308
 * keep it.
 */
export function methodAfter(status: number, method: string): string {
  if (status === 303) return method === 'HEAD' ? 'HEAD' : 'GET';
  return method === 'POST' && (status === 301 || status === 302) ? 'GET' : method;
}
