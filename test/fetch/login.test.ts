import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import type { Login } from '../../src/lib/http/auth/kinds.ts';
import { Secret } from '../../src/lib/secret.ts';
import { FakeClock } from '../fake-clock.ts';
import { bodyOf, failureOf, fetchingTheirWay, serve, source } from './fixtures.ts';

interface Settings {
  /** What happens to a request without a session. */
  readonly stranger?: (response: ServerResponse, request: IncomingMessage) => void;
  readonly login?: (request: IncomingMessage, response: ServerResponse, body: string) => void;
  readonly cookie?: string;
}

/** A desk with a login form: the session is a cookie, or a token that the answer holds. */
async function desk(t: TestContext, settings: Settings = {}) {
  const sessions = new Set<string>();
  const logins: string[] = [];
  const requests: IncomingMessage[] = [];
  const stranger = settings.stranger ?? ((response) => response.writeHead(401).end());
  const origin = await serve(t, async (request, response) => {
    const body = await text(request);
    if (request.url === '/login') {
      logins.push(body);
      if (settings.login) return settings.login(request, response, body);
      if (!body.includes('right')) return void response.writeHead(403).end('no');
      const id = randomUUID();
      sessions.add(id);
      response.setHeader('set-cookie', [`sid=${id}; Path=/; HttpOnly${settings.cookie ?? ''}`, 'theme=dark']);
      return void response.end(JSON.stringify({ session: { token: id } }));
    }
    requests.push(request);
    const given = /sid=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? request.headers['x-session'];
    if (!sessions.has(String(given))) return stranger(response, request);
    response.end('["ticket"]');
  });
  const auth = (more: Partial<Login> = {}): Login => ({
    type: 'login',
    url: `${origin}/login`,
    method: 'POST',
    headers: {},
    body: { user: 'ann', password: new Secret('right') },
    ...more,
  });
  return { origin, sessions, logins, requests, auth };
}

test('a session by cookies: one login for all polls and all sources', async (t) => {
  const { origin, logins, requests, auth } = await desk(t);
  const hidden: string[] = [];
  const fetch = fetchingTheirWay(t, new FakeClock(), hidden);
  const both = ['a', 'b'].map((path) => source(`${origin}/api/${path}`, { auth: auth() }));
  await Promise.all(both.map((one) => fetch(one)));
  for (const one of both) assert.equal(bodyOf(await fetch(one)), '["ticket"]');
  assert.deepEqual(logins, ['{"user":"ann","password":"right"}']);
  assert.match(requests[0]?.headers.cookie ?? '', /^sid=[^;]+; theme=dark$/);
  assert.ok(hidden.some((value) => requests[0]?.headers.cookie?.includes(value)));
});

test('the login as a form', async (t) => {
  const { origin, logins, auth } = await desk(t);
  const form = { content_type: 'form', body: { user: 'ann & co', password: new Secret('right') } };
  bodyOf(await fetchingTheirWay(t)(source(origin, { auth: auth(form) })));
  assert.deepEqual(logins, ['user=ann+%26+co&password=right']);
});

test('a token in the answer, put into a header', async (t) => {
  const { origin, requests, auth } = await desk(t, { cookie: '; Max-Age=0' });
  const byToken = auth({ token: 'session.token', header: 'X-Session' });
  bodyOf(await fetchingTheirWay(t)(source(origin, { auth: byToken })));
  assert.match(String(requests[0]?.headers['x-session']), /^[0-9a-f-]{36}$/);
});

for (const [more, expected] of [
  [{}, /^Bearer [0-9a-f-]{36}$/],
  [{ header: 'Authorization' }, /^Bearer /],
  [{ header: 'authorization', scheme: 'Token' }, /^Token /],
  [{ scheme: '' }, /^[0-9a-f-]{36}$/],
] as const) {
  test(`a token with ${JSON.stringify(more)}`, async (t) => {
    const { origin, requests, auth } = await desk(t);
    await fetchingTheirWay(t)(source(origin, { auth: auth({ token: 'session.token', ...more }) }));
    assert.match(requests[0]?.headers.authorization ?? '', expected);
  });
}

test('a session that the server forgot is renewed once, and once for all', async (t) => {
  const { origin, sessions, logins, auth } = await desk(t);
  const fetch = fetchingTheirWay(t);
  const both = ['a', 'b'].map((path) => source(`${origin}/${path}`, { auth: auth() }));
  await Promise.all(both.map((one) => fetch(one)));
  sessions.clear();
  for (const fetched of await Promise.all(both.map((one) => fetch(one)))) bodyOf(fetched);
  assert.equal(logins.length, 2);
});

test('a login that helps nothing is not repeated for ever', async (t) => {
  const { origin, requests, logins, auth } = await desk(t, {
    login: (_, response) => response.setHeader('set-cookie', 'sid=wrong; Path=/').end(),
  });
  assert.match(
    failureOf(await fetchingTheirWay(t)(source(origin, { auth: auth() }))),
    /^FETCH_CREDENTIALS .* 401/,
  );
  assert.deepEqual([requests.length, logins.length], [2, 2]);
});

const ENDS: readonly [name: string, stranger: NonNullable<Settings['stranger']>, when: string][] = [
  [
    'an error in JSON',
    (response) => response.end('{"error":"session expired"}'),
    'error = "session expired"',
  ],
  [
    'a login page instead of data',
    (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Please log in</h1>'),
    '$contains($text, "Please log in")',
  ],
  ['a number as it is written', (response) => response.end('{"left":0.00}'), 'left < 1'],
  ['a status', (response) => response.writeHead(419).end(), '$status = 419'],
  ['a header', (response) => response.setHeader('x-login', 'yes').end('[]'), '$headers.`x-login` = "yes"'],
  [
    'a redirect to the login page',
    (response, { url }) =>
      url === '/page' ? response.end('<form>') : response.writeHead(302, { location: '/page' }).end(),
    '$contains($text, "<form>")',
  ],
];

for (const [name, stranger, when] of ENDS) {
  test(`\`expired_when\` sees ${name}`, async (t) => {
    const { origin, sessions, logins, auth } = await desk(t, { stranger });
    const fetch = fetchingTheirWay(t);
    const tickets = source(`${origin}/tickets`, { auth: auth({ expired_when: when }) });
    bodyOf(await fetch(tickets));
    sessions.clear();
    assert.equal(bodyOf(await fetch(tickets)), '["ticket"]');
    assert.equal(logins.length, 2);
  });
}

test('`expired_when` that fails is said, not guessed', async (t) => {
  const { origin, auth } = await desk(t);
  const failure = failureOf(
    await fetchingTheirWay(t)(source(origin, { auth: auth({ expired_when: '$number($text)' }) })),
  );
  assert.match(
    failure,
    /^FETCH_CREDENTIALS .*: `expired_when` cannot be applied to the answer: .*, at character \d+/,
  );
});

test('after the login a redirect sets the cookie', async (t) => {
  const { origin, logins, auth } = await desk(t, {
    login: (request, response) => {
      if (request.method === 'POST') {
        response.writeHead(303, { location: '/login', 'set-cookie': 'step=1' }).end();
      } else {
        response
          .setHeader('set-cookie', request.headers.cookie === 'step=1' ? 'sid=known; path=/' : 'sid=no')
          .end();
      }
    },
  });
  const other = await serve(t, (request, response) => void response.end(String(request.headers.cookie)));
  const fetched = await fetchingTheirWay(t)(source(`${other}/x`, { auth: auth() }));
  // Cookies know no ports (RFC 6265, 8.5): the operator named both servers.
  assert.equal(bodyOf(fetched), 'step=1; sid=known');
  assert.deepEqual(logins, ['{"user":"ann","password":"right"}', '']);
  assert.ok(origin !== other);
});

test('no cookie and no token goes to another origin after a redirect', async (t) => {
  const seen: IncomingMessage['headers'][] = [];
  const elsewhere = await serve(t, (request, response) => {
    seen.push(request.headers);
    response.end('data');
  });
  const { auth } = await desk(t);
  const origin = await serve(t, (_, response) => response.writeHead(302, { location: elsewhere }).end());
  bodyOf(await fetchingTheirWay(t)(source(origin, { auth: auth({ token: 'session.token' }) })));
  assert.deepEqual([seen[0]?.cookie, seen[0]?.authorization], [undefined, undefined]);
});

test('a password is not handed on to another origin', async (t) => {
  let bodies = '';
  const elsewhere = await serve(t, async (request, response) => {
    bodies += await text(request);
    response.end();
  });
  for (const [status, expected] of [
    [307, /another origin, which is not given the password/],
    [303, /set no cookie/],
  ] as const) {
    const { origin, auth } = await desk(t, {
      login: (_, response) => response.writeHead(status, { location: elsewhere }).end(),
    });
    assert.match(failureOf(await fetchingTheirWay(t)(source(origin, { auth: auth() }))), expected);
  }
  assert.equal(bodies, '');
});

const FAILING: readonly [name: string, login: Settings['login'], more: Partial<Login>, expected: RegExp][] = [
  [
    'is refused',
    (_, response) => response.writeHead(403).end(),
    {},
    /^FETCH_CREDENTIALS .*: the login at .* answered 403$/,
  ],
  ['is down', (_, response) => response.writeHead(500).end(), {}, /^FETCH_STATUS .* answered 500$/],
  ['is limited', (_, response) => response.writeHead(429).end(), {}, /^FETCH_LIMITED/],
  ['sets no cookie', (_, response) => void response.end(), {}, /^FETCH_CREDENTIALS .* set no cookie$/],
  [
    'gives no token',
    (_, response) => void response.end('{"token":{}}'),
    { token: 'token' },
    /gave no token at `token`$/,
  ],
  [
    'gives a page',
    (_, response) => void response.end('<html>'),
    { token: 'token' },
    /gave no token at `token`$/,
  ],
  [
    'sends in circles',
    (_, response) => response.writeHead(302, { location: '/login' }).end(),
    {},
    /redirects \(302\) once too often$/,
  ],
  [
    'sets a cookie for another path',
    (_, response) => response.setHeader('set-cookie', 'a=b; path=/x').end(),
    {},
    /the login set no cookie for 127/,
  ],
];

for (const [name, login, more, expected] of FAILING) {
  test(`a login that ${name}`, async (t) => {
    const { origin, requests, auth } = await desk(t, login && { login });
    assert.match(
      failureOf(await fetchingTheirWay(t)(source(`${origin}/api`, { auth: auth(more) }))),
      expected,
    );
    assert.equal(requests.length, 0);
  });
}

test('cookies that expired are fetched anew, and those that the data sets are kept', async (t) => {
  let count = 0;
  const seen: (string | undefined)[] = [];
  const origin = await serve(t, (request, response) => {
    if (request.url === '/login')
      return void response.setHeader('set-cookie', `sid=${++count}; Max-Age=60`).end();
    seen.push(request.headers.cookie);
    response.setHeader('set-cookie', 'rolling=1; Max-Age=30').end('[]');
  });
  const clock = new FakeClock();
  const fetch = fetchingTheirWay(t, clock);
  const auth: Login = { type: 'login', url: `${origin}/login`, method: 'GET', headers: {} };
  for (const wait of [0, 1000, 40_000, 40_000]) {
    await clock.advance(wait);
    bodyOf(await fetch(source(`${origin}/data`, { auth })));
  }
  assert.deepEqual(seen, ['sid=1', 'sid=1; rolling=1', 'sid=1', 'sid=2']);
});
