import { z } from 'zod';
import { VERSION } from '../../lib/version.ts';
import { type ApiCode, statusOf } from '../problem.ts';
import type { Route } from './route.ts';
import { problemView } from './schemas.ts';

/** The OpenAPI 3.1 document of the routes, derived from the schemas that validate them. */
export function openapi(routes: readonly Route[]): unknown {
  const schemas = new Schemas();
  const paths: { [path: string]: { [method: string]: unknown } } = {};
  for (const route of routes) {
    const path = paths[route.path] ?? {};
    path[route.method] = operationOf(route, schemas);
    paths[route.path] = path;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'pollhook',
      version: VERSION,
      description: 'What a running daemon tells and takes. Times are UTC, durations milliseconds.',
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    paths,
    components: {
      schemas: schemas.components,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: '`server.token`; nothing if there is none.' },
      },
    },
  };
}

function operationOf(route: Route, schemas: Schemas): unknown {
  const { id, summary, query, body, answer, path, failures } = route;
  const codes: readonly ApiCode[] = [
    'API_INPUT',
    'API_TOKEN',
    'API_CLOSED',
    'API_HOST',
    'API_ORIGIN',
    'API_FAILED',
    'API_NOT_READY',
    ...failures,
    ...(route.method === 'post' ? (['API_TOO_LARGE'] as const) : []),
  ];
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => {
      return { name, in: 'path', required: true, schema: { type: 'string' } };
    }),
    ...Object.entries(query.shape).map(([name, schema]) => {
      return {
        name,
        in: 'query',
        required: !schema.safeParse(undefined).success,
        schema: schemas.input(schema),
      };
    }),
  ];
  return {
    operationId: id,
    summary,
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: { required: true, content: { 'application/json': { schema: schemas.input(body) } } },
    }),
    responses: {
      [answer.status]: {
        description: summary,
        content: { [answer.type ?? 'application/json']: { schema: schemas.output(answer.schema) } },
      },
      ...Object.fromEntries(
        [...Map.groupBy(codes, statusOf)].map(([status, same]) => [
          status,
          {
            description: same.map((code) => `\`${code}\``).join(', '),
            content: { 'application/problem+json': { schema: schemas.output(problemView) } },
          },
        ]),
      ),
    },
  };
}

/** Collects JSON Schemas; those with an id become components. */
class Schemas {
  readonly components: { [id: string]: unknown } = {};

  input(schema: z.core.$ZodType): unknown {
    return this.#translate(schema, 'input');
  }

  output(schema: z.core.$ZodType): unknown {
    return this.#translate(schema, 'output');
  }

  #translate(schema: z.core.$ZodType, io: 'input' | 'output'): unknown {
    const made = z.toJSONSchema(schema, {
      io,
      target: 'draft-2020-12',
      unrepresentable: 'any',
      cycles: 'throw',
    });
    const {
      $schema: _,
      $defs = {},
      id,
      ...rest
    } = made as { [key: string]: unknown; $defs?: object; id?: string };
    for (const [name, one] of Object.entries($defs)) this.components[name] = linked(withoutId(one));
    if (id === undefined) return linked(rest);
    this.components[id] = linked(rest);
    return { $ref: `#/components/schemas/${id}` };
  }
}

function withoutId({ id: _, ...rest }: { id?: unknown }): unknown {
  return rest;
}

/** References as OpenAPI writes them. */
function linked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(linked);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => {
      const isReference = key === '$ref' && typeof one === 'string';
      return [key, isReference ? one.replace('#/$defs/', '#/components/schemas/') : linked(one)];
    }),
  );
}
