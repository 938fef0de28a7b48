import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { parse } from 'yaml';
import { printConfig } from '../../src/config/print.ts';
import { fixture, fixturePath } from '../servers/tls.ts';
import { load, loaded, problems, source, URL_LINE, webhook } from './files.ts';

function sourceOf(result: ReturnType<typeof loaded>) {
  const config = result.config.sources.get('s');
  assert.ok(config);
  return config;
}

function webhookOf(result: ReturnType<typeof loaded>) {
  const config = result.config.webhooks.get('w');
  assert.ok(config);
  return config;
}

const LOGIN = `
auth:
  desk:
    type: login
    url: https://x.test/login
    headers: { x-app: literal-header }
    body: { jsonrpc: "2.0", method: user.login, params: { user: literal-user, password: "\${PASS}", list: [1, true] } }
    token: result
sources: { s: { url: "https://x.test/", auth: desk } }
webhooks: { w: { url: "https://x.test/", sign: none, auth: desk } }
`;

test('a login: its body is not shown, its credentials are hidden everywhere, its words are not', () => {
  const result = loaded(LOGIN, { PASS: 'from-the-environment' });
  const { secrets, config, resolved } = result;
  for (const secret of ['literal-header', 'literal-user', 'from-the-environment']) {
    assert.ok(secrets.includes(secret), secret);
    assert.ok(!inspect(config, { depth: 20 }).includes(secret));
  }
  assert.ok(!secrets.includes('user.login') && !secrets.includes('2.0'));
  const printed = parse(printConfig(resolved)).auth.desk;
  assert.deepEqual([printed.body, printed.token, printed.method], ['[secret]', 'result', 'POST']);
  assert.equal(sourceOf(result).auth, webhookOf(result).auth);
});

test('client credentials and those of a proxy are hidden as they go over the wire', () => {
  const { secrets } = loaded(
    source(
      URL_LINE,
      'auth: { type: oauth2, token_url: "https://x.test/t", client_id: the-client, client_secret: the/secret }',
      'proxy: http://proxy-user:proxy%40pass@proxy.test:3128',
    ),
  );
  for (const secret of [
    ...['the-client', 'the/secret', Buffer.from('the-client:the%2Fsecret').toString('base64')],
    ...['proxy-user', 'proxy@pass', Buffer.from('proxy-user:proxy@pass').toString('base64')],
  ])
    assert.ok(secrets.includes(secret), secret);
});

test('a printed proxy shows nothing', () => {
  const printed = printConfig(loaded(source(URL_LINE, 'proxy: http://user:sw0rdf1sh@proxy.test')).resolved);
  assert.equal(parse(printed).sources.s.proxy, '[secret]');
});

test('certificates as files, relative to the configuration, and in place', () => {
  const first = loaded(source(URL_LINE));
  const folder = dirname(first.config.file);
  for (const name of ['ca.pem', 'client.pem', 'client.key'])
    copyFileSync(fixturePath(name), join(folder, name));
  const byFile = sourceOf(
    loaded(source(URL_LINE, 'tls: { ca: ca.pem, cert: client.pem, key: ./client.key }')),
  );
  const env = { CA: fixture('ca.pem'), CERT: fixture('client.pem'), KEY: fixture('client.key') };
  const inPlace = sourceOf(
    loaded(source(URL_LINE, 'tls: { ca: "${CA}", cert: "${file:client.pem}", key: "${KEY}" }'), env),
  );
  assert.deepEqual(byFile.tls?.identity?.key.reveal().trim(), inPlace.tls?.identity?.key.reveal().trim());
  assert.equal(byFile.tls?.ca?.trim(), inPlace.tls?.ca?.trim());
  assert.equal(byFile.tls?.serverName, null);
});

test('`insecure` is warned about', () => {
  const { warnings } = loaded(source(URL_LINE, 'tls: { insecure: true }'));
  assert.match(warnings[0]?.message ?? '', /^anybody in between/);
  assert.equal(warnings[0]?.path, 'sources.s.tls.insecure');
});

test('the proxies of the environment are used unless the file says otherwise', () => {
  const env = { HTTPS_PROXY: 'http://proxy.test:3128', NO_PROXY: 'intern.test' };
  const proxies = sourceOf(loaded(source(URL_LINE), env)).proxies;
  assert.equal(proxies?.https?.origin, 'http://proxy.test:3128');
  assert.ok(proxies.bypass.includes('intern.test'));
  assert.equal(sourceOf(loaded(source(URL_LINE, 'proxy: false'), env)).proxies, null);
  const own = sourceOf(loaded(source(URL_LINE, 'proxy: http://own.test'), env)).proxies;
  assert.deepEqual(
    [own?.http?.origin, own?.https?.origin, own?.bypass],
    ['http://own.test', 'http://own.test', []],
  );
  assert.equal(sourceOf(loaded(source(URL_LINE))).proxies, null);
});

test('an environment that cannot be read is a mistake, and shows no password', () => {
  const result = load(source(URL_LINE), { https_proxy: 'socks5://u:sw0rdf1sh@x' });
  assert.ok(result.kind === 'invalid' && !JSON.stringify(result).includes('sw0rdf1sh'));
  assert.equal(result.problems[0]?.path, '$https_proxy');
});

test('an egress policy', () => {
  const written = 'egress: { allow: [10.1.0.0/16, 10.2.0.1, "fd00::1"] }';
  const { egress } = webhookOf(loaded(webhook(URL_LINE, 'sign: none', written)));
  assert.deepEqual(egress, { deny_private: true, allow: ['10.1.0.0/16', '10.2.0.1/32', 'fd00::1/128'] });
  assert.equal(webhookOf(loaded(webhook(URL_LINE, 'sign: none'))).egress, null);
});

test('an egress policy under a proxy of the environment', () => {
  const env = { HTTPS_PROXY: 'http://proxy.test' };
  const guarded = webhook(URL_LINE, 'sign: none', 'egress: {}');
  assert.match(problems(guarded, env)[0] ?? '', /the proxy of the environment makes the connections/);
  assert.deepEqual(problems(webhook(URL_LINE, 'sign: none', 'egress: {}', 'proxy: false'), env), []);
  assert.deepEqual(problems(guarded, { ...env, NO_PROXY: 'x.test' }), []);
});
