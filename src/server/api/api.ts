import type { Context, Hono } from 'hono';
import type { z } from 'zod';
import { type Failure, failure, isFailure } from '../../errors.ts';
import { problem } from '../problem.ts';
import { budgetRoutes } from './budgets.ts';
import { bulkRoutes } from './bulk.ts';
import { deliveryRoutes } from './deliveries.ts';
import { eventRoutes } from './events.ts';
import { openapi } from './openapi.ts';
import type { Answer, ApiDeps, Input, Route } from './route.ts';
import { sourceRoutes } from './sources.ts';
import { feedRoutes, systemRoutes } from './system.ts';
import { webhookRoutes } from './webhooks.ts';

const BASE = '/api/v1';

/** Bytes of a body at most: a thousand ids need less. */
const LARGEST_BODY = 65_536;

/** All routes of the API, with their whole paths. */
export const apiRoutes: readonly Route[] = [
  ...[
    ...sourceRoutes,
    ...webhookRoutes,
    ...eventRoutes,
    ...deliveryRoutes,
    ...bulkRoutes,
    ...budgetRoutes,
    ...systemRoutes,
  ].map((route) => ({ ...route, path: BASE + route.path })),
  ...feedRoutes,
];

/** Registers the routes, and the document that describes them. */
export function addApi(app: Hono, deps: ApiDeps): void {
  for (const route of apiRoutes) {
    const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1');
    app.on(route.method.toUpperCase(), path, (context) => answer(route, context, deps));
  }
  let document: unknown;
  app.get(`${BASE}/openapi.json`, (context) => {
    document ??= openapi(apiRoutes);
    return context.json(document);
  });
}

async function answer(route: Route, context: Context, deps: ApiDeps): Promise<Response> {
  // HEAD: the body would never be read nor cancelled.
  if (context.req.method === 'HEAD' && route.answer.type !== undefined)
    return new Response(null, { headers: { 'content-type': route.answer.type } });
  const input = await inputOf(route, context);
  if (isFailure(input)) return problem(input);
  const came: Answer | Failure = await route.handle(input, deps);
  if (came instanceof Response) return came;
  if (isFailure(came)) return problem({ ...came, message: deps.redact(came.message) });
  const headers = {
    'content-type': 'application/json',
    ...('link' in came && came.link && { link: came.link }),
  };
  const { status } = route.answer;
  // Bodies of events are shown as receivers get them; everything else is searched for secrets.
  const text = 'json' in came ? came.json : deps.redact(JSON.stringify(came.value));
  return new Response(text, { status, headers });
}

async function inputOf(route: Route, context: Context): Promise<Input | Failure> {
  const given = new URL(context.req.url).searchParams;
  const twice = [...new Set(given.keys())].find((key) => given.getAll(key).length > 1);
  if (twice !== undefined) return failure('API_INPUT', `${quoted(twice)} is given more than once`);
  const query = route.query.safeParse(Object.fromEntries(given));
  if (!query.success)
    return failure('API_INPUT', mistakes(query.error, 'the query', Object.keys(route.query.shape)));
  const body = route.method === 'post' ? await bodyOf(route, context.req.raw) : {};
  if (isFailure(body)) return body;
  const { params, raw } = { params: context.req.param() as Record<string, string>, raw: context.req.raw };
  return { params, query: query.data, body, signal: raw.signal };
}

async function bodyOf({ body: schema }: Route, request: Request): Promise<Input['body'] | Failure> {
  const text = await textOf(request);
  if (isFailure(text)) return text;
  if (schema === null) {
    const isNothing = text.trim() === '' || text.trim() === '{}';
    return isNothing ? {} : failure('API_INPUT', 'this route takes no body');
  }
  const keys = Object.keys(schema.shape);
  const parsed = schema.safeParse(parse(text));
  return parsed.success ? parsed.data : failure('API_INPUT', mistakes(parsed.error, 'the body', keys));
}

/** Reads the body up to the limit, whatever its declared length. */
async function textOf(request: Request): Promise<string | Failure> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of request.body ?? []) {
      size += chunk.length;
      if (size > LARGEST_BODY)
        return failure('API_TOO_LARGE', `the body is larger than ${LARGEST_BODY} bytes`);
      chunks.push(chunk);
    }
  } catch {
    return failure('API_INPUT', 'the body broke off');
  }
  return Buffer.concat(chunks).toString();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** All mistakes of an input with their places, quoting shortened values. */
function mistakes(error: z.ZodError, where: string, keys: readonly string[]): string {
  return error.issues
    .slice(0, 10)
    .map((issue) => {
      if (issue.code === 'unrecognized_keys') {
        const known = keys.length > 0 ? `it takes ${keys.join(', ')}` : 'it takes none';
        return `${where} has ${issue.keys.slice(0, 10).map(quoted).join(', ')}: ${known}`;
      }
      if (issue.code === 'custom' && issue.path.length === 0) return `${where}: ${issue.message}`;
      if (issue.path.length === 0) return `${where} has to be a JSON object with ${keys.join(', ')}`;
      return `${issue.path.join('.')}: ${issue.message}`;
    })
    .join('; ');
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}
