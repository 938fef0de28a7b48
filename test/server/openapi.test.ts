import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serve } from './fixtures.ts';

type Node = { [name: string]: unknown };

test('the OpenAPI document has every route of the API, and no other', async () => {
  const { ask, routes } = serve();
  const document = (await (await ask('/api/v1/openapi.json')).json()) as Node;
  assert.equal(document.openapi, '3.1.0');
  const described = Object.entries(document.paths as Node).flatMap(([path, methods]) =>
    Object.keys(methods as Node).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const registered = routes.routes
    .filter(
      ({ method, path }) => method !== 'ALL' && /^\/(?:api|feed)\//.test(path) && !path.endsWith('.json'),
    )
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
  assert.deepEqual(described.sort(), registered.sort());
});

test('every operation names whatever the doors refuse', async () => {
  const document = (await (await serve().ask('/api/v1/openapi.json')).json()) as Node;
  for (const [path, methods] of Object.entries(document.paths as Node))
    for (const { responses } of Object.values(methods as { [method: string]: Node }))
      for (const [status, codes] of Object.entries({ 401: ['TOKEN'], 403: ['CLOSED', 'HOST', 'ORIGIN'] })) {
        const { description } = (responses as Node)[status] as { description: string };
        assert.deepEqual(
          description.split(', '),
          codes.map((code) => `\`API_${code}\``),
          path,
        );
      }
});

test('every reference of the document leads somewhere, and every operation has a name of its own', async () => {
  const document = (await (await serve().ask('/api/v1/openapi.json')).json()) as Node;
  const schemas = (document.components as Node).schemas as Node;
  const ids: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, one] of Object.entries(value)) {
      if (key === '$ref')
        assert.ok(Object.hasOwn(schemas, String(one).replace('#/components/schemas/', '')), String(one));
      if (key === 'operationId') ids.push(String(one));
      visit(one);
    }
  };
  visit(document);
  assert.equal(new Set(ids).size, ids.length);
  assert.ok(ids.length > 20);
});
