import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { apiRoutes } from '../../src/server/api/api.ts';
import { serve, TOKEN } from './fixtures.ts';

/** Served to everybody; everything else that is registered is not. */
const OPEN = ['/healthz', '/readyz', '/metrics'];

/** Every route that exists, as the router knows it, with its parameters filled in. */
function everyRoute() {
  const { routes } = serve();
  return routes.routes
    .filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => ({ method, path: path.replaceAll(/:\w+/g, 'tickets') }));
}

const guarded = everyRoute().filter(({ path }) => !OPEN.includes(path));

/** Pages hold no data: they are there to ask for the token. */
const needingToken = guarded.filter(({ path }) => path.startsWith('/api/') || path.startsWith('/feed/'));

async function codeOf(response: Response): Promise<string | undefined> {
  return ((await response.clone().json()) as { code?: string }).code;
}

describe('who may ask', () => {
  test('every route of the table is registered', () => {
    const known = new Set(everyRoute().map(({ method, path }) => `${method} ${path}`));
    for (const { method, path } of apiRoutes)
      assert.ok(known.has(`${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, 'tickets')}`), path);
    assert.ok(needingToken.length > apiRoutes.length);
  });

  for (const { method, path } of needingToken) {
    test(`${method} ${path} needs the token`, async () => {
      const { ask, daemon } = serve({ token: TOKEN });
      for (const authorization of [
        undefined,
        'Bearer wrong',
        `Basic ${TOKEN}`,
        `Bearer ${TOKEN}x`,
        'Bearer',
        '',
      ]) {
        const refused = await ask(path, {
          method,
          headers: authorization === undefined ? {} : { authorization },
        });
        assert.equal(refused.status, 401, authorization);
        assert.equal(await codeOf(refused), 'API_TOKEN');
        assert.match(refused.headers.get('www-authenticate') ?? '', /^Bearer/);
      }
      assert.deepEqual(daemon.done, []);
      const let_in = await ask(path, { method, headers: { authorization: `bearer ${TOKEN}` } });
      assert.notEqual(let_in.status, 401);
      await let_in.body?.cancel();
    });
  }

  for (const { method, path } of guarded) {
    test(`${method} ${path} is closed beyond this machine without a token`, async () => {
      const { ask } = serve({ listen: '0.0.0.0:8080' });
      const refused = await ask(path, { method });
      assert.equal(refused.status, 403);
      assert.equal(await codeOf(refused), 'API_CLOSED');
    });

    test(`${method} ${path} is for no other page, and for no other name`, async () => {
      const { ask, daemon } = serve();
      const cases: [Record<string, string>, string][] = [
        [{ origin: 'https://evil.example' }, 'API_ORIGIN'],
        [{ origin: 'null' }, 'API_ORIGIN'],
        [{ origin: 'http://127.0.0.1:9999' }, 'API_ORIGIN'],
        [{ origin: 'http://127.0.0.1:8080.evil.example' }, 'API_ORIGIN'],
        [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, 'API_ORIGIN'],
        [{ host: 'evil.example' }, 'API_HOST'],
        [{ host: 'evil.example', origin: 'http://evil.example' }, 'API_HOST'],
        [{ host: '127.0.0.1.evil.example:8080' }, 'API_HOST'],
        [{ host: '' }, 'API_HOST'],
        [{ host: 'evil.example', 'x-forwarded-host': '127.0.0.1:8080' }, 'API_HOST'],
      ];
      for (const [headers, code] of cases) {
        const refused = await ask(path, { method, headers });
        assert.equal(refused.status, 403, JSON.stringify(headers));
        assert.equal(await codeOf(refused), code, JSON.stringify(headers));
      }
      assert.deepEqual(daemon.done, []);
    });
  }

  test('plain clients and the own page are let in', async () => {
    const { ask } = serve();
    for (const headers of [
      {},
      { host: 'localhost:9000' },
      { host: '[::1]:8080' },
      { host: '127.8.9.1' },
      { origin: 'http://127.0.0.1:8080', 'sec-fetch-site': 'same-origin' },
      { host: 'localhost:8080', origin: 'http://localhost:8080' },
    ])
      assert.equal((await ask('/api/v1/sources', { headers })).status, 200, JSON.stringify(headers));
  });

  test('the name that is listened on is a name of the server', async () => {
    const { ask } = serve({ listen: '127.0.0.1:8080' });
    assert.equal((await ask('/api/v1/sources', { headers: { host: '127.0.0.1' } })).status, 200);
  });

  test('behind a proxy with a token, the page of the name that the proxy was asked for is the own one', async () => {
    const { ask } = serve({ token: TOKEN, listen: '0.0.0.0:8080' });
    const authorization = `Bearer ${TOKEN}`;
    const headers = { authorization, host: 'inner:8080', origin: 'https://pollhook.example' };
    assert.equal((await ask('/api/v1/sources', { headers })).status, 403);
    const forwarded = { ...headers, 'x-forwarded-host': 'pollhook.example' };
    assert.equal((await ask('/api/v1/sources', { headers: forwarded })).status, 200);
  });

  test('health, readiness and metrics are for everybody', async () => {
    for (const options of [{ listen: '0.0.0.0:8080' }, { token: TOKEN }])
      for (const path of OPEN)
        assert.equal((await serve(options).ask(path, { headers: { host: 'pod:8080' } })).status, 200);
  });

  test('nothing is answered while the daemon starts or stops', async () => {
    const response = await serve({ ready: false }).ask('/api/v1/sources');
    assert.equal(response.status, 503);
    assert.equal(await codeOf(response), 'API_NOT_READY');
  });

  test('every answer has the headers that browsers obey', async () => {
    const { ask } = serve();
    for (const path of ['/healthz', '/api/v1/sources', '/nowhere']) {
      const { headers } = await ask(path);
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
      assert.match(
        headers.get('content-security-policy') ?? '',
        /default-src 'none'.*frame-ancestors 'none'/,
      );
      assert.equal(headers.get('cache-control'), 'no-store');
      assert.equal(headers.get('access-control-allow-origin'), null);
    }
  });
});
