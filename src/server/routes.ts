import { Hono } from 'hono';

export interface ServerDeps {
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
  /** True once configured, with the state open, and not stopping. */
  readonly ready: () => boolean;
  /** Told what a route threw; the caller learns only that something did. */
  readonly onError: (error: unknown) => void;
}

/** The routes of surface.md as a function from request to response, testable without a socket. */
export function createRoutes({ metrics, ready, onError }: ServerDeps): Hono {
  const routes = new Hono();
  routes.use(async (context, next) => {
    await next();
    context.header('x-content-type-options', 'nosniff');
    context.header('cache-control', 'no-store');
  });
  routes.get('/healthz', (context) => context.text('ok\n'));
  routes.get('/readyz', (context) => (ready() ? context.text('ready\n') : context.text('not ready\n', 503)));
  routes.get('/metrics', async (context) => {
    return context.body(await metrics.text(), 200, { 'content-type': metrics.contentType });
  });
  routes.notFound((context) =>
    problem(404, 'Not Found', `there is nothing at ${new URL(context.req.url).pathname}`),
  );
  routes.onError((error) => {
    onError(error);
    return problem(500, 'Internal Server Error', 'see the log');
  });
  return routes;
}

/** An error as RFC 9457 has it. */
function problem(status: number, title: string, detail: string): Response {
  return Response.json(
    { type: 'about:blank', status, title, detail },
    {
      status,
      headers: { 'content-type': 'application/problem+json' },
    },
  );
}
