import { Hono } from 'hono';
import { failure } from '../errors.ts';
import type { Secret } from '../lib/secret.ts';
import { addApi } from './api/api.ts';
import type { ApiDeps } from './api/route.ts';
import { hasToken, refusalOf } from './authorization.ts';
import { addConsole } from './console/console.ts';
import { problem } from './problem.ts';

export interface ServerDeps extends ApiDeps {
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
  /** True once configured, with the state open, and not stopping. */
  readonly ready: () => boolean;
  /** The configured address of the server. */
  readonly listen: string;
  /** Called at every request: a reload may change the token. */
  readonly token: () => Secret | null;
  /** Called with what a route threw; the client only learns that there was a fault. */
  readonly onError: (error: unknown) => void;
}

/** The console loads nothing from other hosts, must not be framed, and runs only scripts from its own files. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * All routes as a function from request to response, testable without a socket. Their order decides authorization:
 * health and metrics are public, the console's files need an allowed host and origin, the rest needs the token.
 */
export function createRoutes(deps: ServerDeps): Hono {
  const { metrics, ready, listen, token, onError } = deps;
  const routes = new Hono();
  routes.use(async (context, next) => {
    await next();
    const { headers } = context.res;
    headers.set('x-content-type-options', 'nosniff');
    headers.set('content-security-policy', POLICY);
    headers.set('referrer-policy', 'no-referrer');
    headers.set('cross-origin-resource-policy', 'same-origin');
    headers.set('x-frame-options', 'DENY');
    if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
  });
  routes.get('/healthz', (context) => context.text('ok\n'));
  routes.get('/readyz', (context) => (ready() ? context.text('ready\n') : context.text('not ready\n', 503)));
  routes.get('/metrics', async (context) => {
    return context.body(await metrics.text(), 200, { 'content-type': metrics.contentType });
  });

  routes.use(async (context, next) => {
    const refused = refusalOf(context.req.raw.headers, { listen, token: token() });
    return refused ? problem(refused) : next();
  });

  addConsole(routes);

  routes.use(async (context, next) => {
    const needed = token();
    if (needed === null || hasToken(context.req.raw.headers, needed)) return next();
    const headers = { 'www-authenticate': 'Bearer realm="pollhook"' };
    return problem(failure('API_TOKEN', 'this request needs the token of the server'), { headers });
  });
  routes.use(async (_, next) => {
    return ready() ? next() : problem(failure('API_NOT_READY', 'the daemon is starting or stopping'));
  });
  addApi(routes, deps);

  routes.notFound((context) => {
    const path = new URL(context.req.url).pathname;
    const allowed = methodsAt(routes, path);
    const asked = `${context.req.method} ${path.slice(0, 200)}`;
    if (allowed.length === 0)
      return problem(failure('API_NOT_FOUND', `there is nothing at ${path.slice(0, 200)}`));
    return problem(failure('API_METHOD', `${asked} is not supported`), {
      headers: { allow: allowed.join(', ') },
    });
  });
  routes.onError((error) => {
    onError(error);
    return problem(failure('API_FAILED', 'internal error: the log of the daemon has the details'));
  });
  return routes;
}

function methodsAt({ routes }: Hono, path: string): string[] {
  const segments = path.split('/');
  const fits = (pattern: string) => {
    const parts = pattern.split('/');
    return (
      parts.length === segments.length &&
      parts.every((part, at) => (part.startsWith(':') ? segments[at] !== '' : part === segments[at]))
    );
  };
  const methods = routes.filter(({ method, path: pattern }) => method !== 'ALL' && fits(pattern));
  // A route for GET also answers HEAD.
  return [...new Set(methods.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))];
}
