import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import type { Digest } from '../../src/lib/http/auth/kinds.ts';
import { Secret } from '../../src/lib/secret.ts';
import { FakeClock } from '../fake-clock.ts';
import { bodyOf, failureOf, fetchingTheirWay, serve, source } from './fixtures.ts';

const AUTH: Digest = { type: 'digest', username: new Secret('ann'), password: new Secret('pass: word') };

interface Settings {
  readonly algorithm?: string;
  readonly qop?: string | null;
  /** Requests after which a nonce is stale. */
  readonly uses?: number;
  readonly stale?: boolean;
  readonly nextnonce?: boolean;
  readonly userhash?: boolean;
}

/** A server of its own reading of RFC 7616: it shares no code with what it tests. */
async function digestServer(t: TestContext, settings: Settings = {}) {
  const {
    algorithm = 'MD5',
    qop = 'auth',
    uses = Number.POSITIVE_INFINITY,
    stale = true,
    userhash,
  } = settings;
  const nonces = new Map<string, number>();
  const statuses: number[] = [];
  const seen: { [name: string]: string }[] = [];
  const hashes: { [name: string]: string } = { MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' };
  const name = hashes[algorithm.replace('-sess', '')] ?? 'md5';
  const h = (data: string | Buffer) => createHash(name).update(data).digest('hex');
  const opaque = 'some "opaque" data';

  function fresh(): string {
    const nonce = randomBytes(8).toString('base64');
    nonces.set(nonce, 0);
    return nonce;
  }

  function verdict(request: IncomingMessage, body: Buffer): 'good' | 'stale' | 'wrong' {
    const fields: { [name: string]: string } = {};
    const header = request.headers.authorization ?? '';
    for (const [, key = '', quoted, bare = ''] of header.matchAll(
      /(\w+\*?)=(?:"((?:\\.|[^"])*)"|([^\s,]+))/g,
    )) {
      fields[key] = quoted?.replace(/\\(.)/g, '$1') ?? bare;
    }
    seen.push(fields);
    const count = nonces.get(fields.nonce ?? '');
    if (count === undefined) return 'wrong';
    const expectedUser = userhash ? h('ann:the realm') : 'ann';
    if (fields.username !== expectedUser || fields.uri !== request.url || fields.opaque !== opaque)
      return 'wrong';
    const secret = h('ann:the realm:pass: word');
    const a1 = algorithm.endsWith('-sess') ? h(`${secret}:${fields.nonce}:${fields.cnonce}`) : secret;
    const a2 = h(
      fields.qop === 'auth-int'
        ? `${request.method}:${request.url}:${h(body)}`
        : `${request.method}:${request.url}`,
    );
    const middle = qop === null ? '' : `${fields.nc}:${fields.cnonce}:${fields.qop}:`;
    if (fields.response !== h(`${a1}:${fields.nonce}:${middle}${a2}`)) return 'wrong';
    if (qop !== null && Number.parseInt(fields.nc ?? '', 16) !== count + 1) return 'wrong';
    nonces.set(fields.nonce ?? '', count + 1);
    return count + 1 > uses ? 'stale' : 'good';
  }

  const origin = await serve(t, async (request: IncomingMessage, response: ServerResponse) => {
    const judged = verdict(request, await buffer(request));
    statuses.push(judged === 'good' ? 200 : 401);
    if (judged === 'good') {
      if (settings.nextnonce) response.setHeader('authentication-info', `nextnonce="${fresh()}", qop=auth`);
      return void response.end(`${request.method} ${request.url}`);
    }
    const parts = [
      `Digest realm="the realm", nonce="${fresh()}", opaque="some \\"opaque\\" data"`,
      ...(algorithm === 'MD5' ? [] : [`algorithm=${algorithm}`]),
      ...(qop === null ? [] : [`qop="${qop}"`]),
      ...(judged === 'stale' && stale ? ['stale=TRUE'] : []),
      ...(userhash ? ['userhash=true'] : []),
    ];
    response.writeHead(401, { 'www-authenticate': parts.join(', ') }).end();
  });
  return { origin, statuses, seen };
}

const WAYS: readonly Settings[] = [
  {},
  { algorithm: 'MD5-sess' },
  { algorithm: 'SHA-256' },
  { algorithm: 'SHA-256-sess' },
  { algorithm: 'SHA-512-256' },
  { qop: 'auth-int' },
  { qop: 'auth,auth-int' },
  { qop: null },
  { algorithm: 'SHA-256', userhash: true },
];

for (const settings of WAYS) {
  test(`digest: ${JSON.stringify(settings)}: one challenge, then the nonce is used again`, async (t) => {
    const { origin, statuses } = await digestServer(t, settings);
    const fetch = fetchingTheirWay(t);
    const printer = source(`${origin}/status?a=b%20c`, { auth: AUTH, method: 'POST', body: 'give' });
    for (const _ of [1, 2, 3]) assert.equal(bodyOf(await fetch(printer)), 'POST /status?a=b%20c');
    assert.deepEqual(statuses, [401, 200, 200, 200]);
  });
}

test('digest: a stale nonce is renewed without doubt about the password', async (t) => {
  const { origin, statuses } = await digestServer(t, { uses: 2 });
  const fetch = fetchingTheirWay(t);
  const printer = source(origin, { auth: AUTH });
  for (const _ of [1, 2, 3, 4]) bodyOf(await fetch(printer));
  assert.deepEqual(statuses, [401, 200, 200, 401, 200, 200]);
});

test('digest: the next nonce that the server gives is used', async (t) => {
  const { origin, statuses, seen } = await digestServer(t, { nextnonce: true });
  const fetch = fetchingTheirWay(t);
  for (const _ of [1, 2, 3]) bodyOf(await fetch(source(origin, { auth: AUTH })));
  assert.deepEqual(statuses, [401, 200, 200, 200]);
  assert.equal(new Set(seen.slice(1).map(({ nonce }) => nonce)).size, 3);
  assert.deepEqual(
    seen.slice(1).map(({ nc }) => nc),
    ['00000001', '00000001', '00000001'],
  );
});

test('digest: a wrong password is asked for once, and the message says what was wrong', async (t) => {
  const { origin, statuses } = await digestServer(t);
  const auth = { ...AUTH, password: new Secret('other') };
  assert.match(
    failureOf(await fetchingTheirWay(t)(source(origin, { auth }))),
    /^FETCH_CREDENTIALS .* answered 401/,
  );
  assert.deepEqual(statuses, [401, 401]);
});

test('digest: a server that calls every nonce stale is not asked for ever', async (t) => {
  const { origin, statuses } = await digestServer(t, { uses: 0 });
  failureOf(await fetchingTheirWay(t)(source(origin, { auth: AUTH })));
  assert.deepEqual(statuses, [401, 401, 401]);
});

test('digest: redirects on the same server are answered, other servers learn nothing', async (t) => {
  const { origin: other, seen } = await digestServer(t);
  const inner = await digestServer(t);
  const outer = await serve(t, (_, response) => response.writeHead(302, { location: other }).end());
  assert.match(
    failureOf(await fetchingTheirWay(t)(source(outer, { auth: AUTH }))),
    /which is given no credentials/,
  );
  assert.deepEqual(seen, [{}]);
  assert.equal(inner.statuses.length, 0);
});

test('digest: the conditions of a poll go with the answer to the challenge', async (t) => {
  const asked: (string | undefined)[] = [];
  const origin = await serve(t, (request, response) => {
    asked.push(request.headers['if-none-match']);
    if (!request.headers.authorization) {
      return void response
        .writeHead(401, { 'www-authenticate': 'Digest realm="r", nonce="n", qop="auth"' })
        .end();
    }
    if (request.headers['if-none-match'] === '"1"') return void response.writeHead(304).end();
    response.writeHead(200, { etag: '"1"' }).end('data');
  });
  const fetch = fetchingTheirWay(t, new FakeClock());
  const first = await fetch(source(origin, { auth: AUTH }));
  assert.equal((await fetch(source(origin, { auth: AUTH }), first.validators)).kind, 'not_modified');
  assert.deepEqual(asked, [undefined, undefined, '"1"']);
});
