import assert from 'node:assert/strict';
import { test } from 'node:test';
import { environmentProxies, type Proxies, proxyFor, proxyServer } from '../../../src/lib/http/proxy.ts';

const server = { origin: 'http://proxy.test:3128', user: null };

const RULES: readonly [rule: string, url: string, direct: boolean][] = [
  ['*', 'http://any.test/', true],
  ['example.com', 'http://example.com/', true],
  ['example.com', 'http://api.example.com/', true],
  ['.example.com', 'http://api.example.com/', true],
  ['*.example.com', 'http://api.example.com/', true],
  ['example.com', 'http://notexample.com/', false],
  ['example.com', 'http://example.com.evil.test/', false],
  ['example.com', 'http://example.com./', true],
  ['example.com:8080', 'http://example.com:8080/', true],
  ['example.com:8080', 'http://example.com/', false],
  ['example.com:443', 'https://example.com/', true],
  ['10.0.0.0/8', 'http://10.1.2.3/', true],
  ['10.0.0.0/8', 'http://11.1.2.3/', false],
  ['10.0.0.0/8', 'http://[::ffff:10.1.2.3]/', true],
  ['10.1.2.3', 'http://10.1.2.3:99/', true],
  ['fd00::/8', 'https://[fd12::1]/', true],
  ['[fd12::1]:443', 'https://[fd12::1]/', true],
  ['::1', 'http://[::1]/', true],
  ['10.0.0.0/99', 'http://10.0.0.1/', false],
  ['', 'http://example.com/', false],
  ['.', 'http://example.com/', false],
];

for (const [rule, url, direct] of RULES) {
  test(`NO_PROXY=${rule} and ${url}: ${direct ? 'direct' : 'through the proxy'}`, () => {
    const proxies: Proxies = { http: server, https: server, bypass: [rule] };
    assert.equal(proxyFor(proxies, new URL(url)) === null, direct);
  });
}

test('the environment: lower case first, each scheme by itself, this machine never', () => {
  const { proxies, mistakes } = environmentProxies({
    HTTP_PROXY: 'http://upper.test',
    http_proxy: 'http://lower.test:3128',
    NO_PROXY: 'internal.test, 10.0.0.0/8',
  });
  assert.deepEqual(mistakes, []);
  assert.ok(proxies);
  const origin = (url: string) => proxyFor(proxies, new URL(url))?.origin ?? null;
  assert.equal(origin('http://example.com/'), 'http://lower.test:3128');
  for (const url of [
    'https://example.com/',
    'http://x.INTERNAL.test/',
    'http://10.9.9.9/',
    'http://localhost:1/',
    'http://127.0.0.1/',
    'http://[::1]/',
  ])
    assert.equal(origin(url), null, url);
});

test('an environment without proxies, and one that cannot be read', () => {
  assert.deepEqual(environmentProxies({ HTTP_PROXY: '', NO_PROXY: 'a' }), { proxies: null, mistakes: [] });
  const mistakes = [{ variable: 'HTTPS_PROXY', mistake: 'only http:// and https:// proxies are supported' }];
  assert.deepEqual(environmentProxies({ HTTPS_PROXY: 'socks5://x' }), { proxies: null, mistakes });
});

test('the credentials of a proxy are percent-decoded', () => {
  const read = proxyServer('http://us%65r:p%40ss%3A%2F@proxy.test:3128/');
  assert.ok(!('mistake' in read) && read.user);
  assert.equal(read.origin, 'http://proxy.test:3128');
  assert.deepEqual([read.user.username.reveal(), read.user.password.reveal()], ['user', 'p@ss:/']);
  assert.equal(JSON.stringify(read).includes('p@ss'), false);
});

for (const text of [
  'proxy.test:3128',
  '',
  'http://',
  'socks5://proxy.test',
  'http://proxy.test/path',
  'http://a:%ff@proxy.test',
]) {
  test(`not a proxy: ${text}`, () => {
    assert.ok('mistake' in proxyServer(text));
  });
}
