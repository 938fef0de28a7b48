import assert from 'node:assert/strict';
import { apiRoutes } from '../../src/server/api/api.ts';
import { openapi } from '../../src/server/api/openapi.ts';
import { problemView } from '../../src/server/api/schemas.ts';
import { until } from '../fake-clock.ts';
import { Scene } from './scene.ts';

export const CONFIG = `
sources:
  tickets:
    url: \${SOURCE}/api/tickets
    every: 30s
    items: tickets
    key: id
    send_to: agent
webhooks:
  agent:
    url: \${RECEIVER}/hooks
    secret: \${SECRET}
`;

export type Data = { [name: string]: unknown };

export const tickets = (count: number) => ({
  tickets: Array.from({ length: count }, (_, at) => ({ id: at + 1, price: 1 })),
});

const described = openapi(apiRoutes) as {
  paths: { [path: string]: { [method: string]: { responses: { [status: string]: unknown } } } };
};

/** Whatever is answered is what the document says: the status, and each member. */
export function assertDescribed(
  method: 'get' | 'post',
  asked: string,
  status: number,
  answer: unknown,
): void {
  const [path = ''] = asked.split('?');
  const route = apiRoutes.find(
    (one) => one.method === method && new RegExp(`^${one.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path),
  );
  assert.ok(route, `${method} ${path}`);
  const { responses } = described.paths[route.path]?.[method] ?? {};
  assert.ok(responses?.[status], `${method} ${path} answers ${status}: ${JSON.stringify(answer)}`);
  const schema = status < 300 ? route.answer.schema : problemView;
  const parsed = schema.safeParse(answer);
  assert.ok(parsed.success, `${path}: ${JSON.stringify(parsed.error?.issues)}`);
  // What the schema does not know is left out by it.
  assert.deepEqual(answer, parsed.data);
}

/** The scene with helpers that ask the API. */
export async function open(config = CONFIG) {
  const scene = await Scene.open();
  scene.source = tickets(10);
  await scene.start(config);
  await until(() => scene.lines('first snapshot').length === 1);
  const ask = async (method: 'get' | 'post', path: string, body?: unknown): Promise<Data> => {
    const init = { method: method.toUpperCase(), ...(body !== undefined && { body: JSON.stringify(body) }) };
    const response = await scene.ask(`/api/v1/${path}`, init);
    const answer = (await response.json()) as Data;
    assertDescribed(method, `/api/v1/${path}`, response.status, answer);
    return { status: response.status, ...answer };
  };
  const get = (path: string) => ask('get', path);
  const post = (path: string, body?: unknown) => ask('post', path, body);
  const stateOf = async (path: string) => (await get(path)).state;
  const begun = scene.clock;
  return { scene, get, post, stateOf, begun, [Symbol.asyncDispose]: () => scene[Symbol.asyncDispose]() };
}
