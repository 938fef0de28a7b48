/**
 * The URL of a next link. A server behind a proxy often does not know its public address and names an internal host,
 * scheme or path. If such a link is for the same resource as the request, apart from a lost prefix, the public
 * address of the request is used.
 *
 * @param link as the server wrote it
 * @param request the URL that answered
 * @returns null if it is not an http or https URL
 */
export function nextUrl(link: string, request: URL): URL | null {
  const target = URL.parse(link, request.href);
  if (target?.protocol !== 'https:' && target?.protocol !== 'http:') return null;
  target.hash = target.username = target.password = '';
  const path = pathBehind(request.pathname, target.pathname);
  if (path === null) return target;
  const here = new URL(request.href);
  here.hash = '';
  here.pathname = path;
  here.search = target.search;
  return here;
}

/**
 * The path of a link below the prefix under which the request was made: for `/legacy/api/items`, `/api/items` and
 * `/api/items/page/2` get `/legacy` back. Null if the two paths have nothing in common.
 */
function pathBehind(request: string, link: string): string | null {
  const there = request.split('/').slice(1);
  const named = link.split('/').slice(1);
  const prefix = there.findIndex((_, from) => continues(there.slice(from), named));
  return prefix < 0 ? null : `/${[...there.slice(0, prefix), ...named].join('/')}`;
}

/**
 * Whether `named` is `path` or goes on below it; of several segments the last may differ, like the number of a page.
 */
function continues(path: readonly string[], named: readonly string[]): boolean {
  const same = path.findIndex((segment, at) => segment !== named[at]);
  if (path.every((segment) => segment === '')) return false;
  return same < 0 || (same === path.length - 1 && same > 0 && named.length >= path.length);
}
