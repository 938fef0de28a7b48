import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cookies } from '../../../src/lib/http/auth/cookies.ts';

const NOW = Date.parse('2026-11-21T09:30:00.000Z');

const CASES: readonly [name: string, from: string, line: string, to: string, sent: string | null][] = [
  ['the same host', 'http://a.test/', 'a=b', 'http://a.test/x', 'a=b'],
  ['another port', 'http://a.test:1/', 'a=b', 'http://a.test:2/', 'a=b'],
  ['another host', 'http://a.test/', 'a=b', 'http://b.test/', null],
  ['a host below, without Domain', 'http://a.test/', 'a=b', 'http://x.a.test/', null],
  ['a host below, with Domain', 'http://a.test/', 'a=b; Domain=a.test', 'http://x.a.test/', 'a=b'],
  ['a neighbour, with Domain', 'http://x.a.test/', 'a=b; domain=.A.test', 'http://y.a.test/', 'a=b'],
  ['a name that only ends alike', 'http://a.test/', 'a=b; Domain=a.test', 'http://ba.test/', null],
  ['a domain of others', 'http://a.test/', 'a=b; Domain=b.test', 'http://b.test/', null],
  ['a whole top level', 'http://a.test/', 'a=b; Domain=test', 'http://a.test/', null],
  ['an address has no hosts below', 'http://10.0.0.1/', 'a=b; Domain=0.0.1', 'http://10.0.0.1/', null],
  ['an empty Domain', 'http://a.test/', 'a=b; Domain=', 'http://a.test/', 'a=b'],
  ['the folder of the login', 'http://a.test/app/login', 'a=b', 'http://a.test/app/x', 'a=b'],
  ['outside of the folder of the login', 'http://a.test/app/login', 'a=b', 'http://a.test/other', null],
  ['a path', 'http://a.test/', 'a=b; Path=/api', 'http://a.test/api/x', 'a=b'],
  ['a path that only begins alike', 'http://a.test/', 'a=b; Path=/api', 'http://a.test/apis', null],
  ['a path that is none', 'http://a.test/x/y', 'a=b; Path=nonsense', 'http://a.test/x/z', 'a=b'],
  ['secure, over TLS', 'https://a.test/', 'a=b; Secure', 'https://a.test/', 'a=b'],
  ['secure, in the clear', 'https://a.test/', 'a=b; SECURE', 'http://a.test/', null],
  ['an age', 'http://a.test/', 'a=b; Max-Age=1', 'http://a.test/', 'a=b'],
  ['no age', 'http://a.test/', 'a=b; Max-Age=0', 'http://a.test/', null],
  [
    'an age before a date',
    'http://a.test/',
    'a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=9',
    'http://a.test/',
    'a=b',
  ],
  ['a date', 'http://a.test/', 'a=b; Expires=Sat, 21 Nov 2026 09:29:59 GMT', 'http://a.test/', null],
  [
    'a date with dashes',
    'http://a.test/',
    'a=b; expires=Sat, 21-Nov-2026 09:30:01 GMT',
    'http://a.test/',
    'a=b',
  ],
  ['a date that is none', 'http://a.test/', 'a=b; Expires=tomorrow', 'http://a.test/', 'a=b'],
  ['a value with equals signs and quotes', 'http://a.test/', 'a="b=="; x', 'http://a.test/', 'a="b=="'],
  ['a value without a name', 'http://a.test/', 'lonely', 'http://a.test/', 'lonely'],
  ['nothing at all', 'http://a.test/', ' ; Path=/', 'http://a.test/', null],
  ['an endless value', 'http://a.test/', `a=${'b'.repeat(10_000)}`, 'http://a.test/', null],
];

for (const [name, from, line, to, sent] of CASES) {
  test(`a cookie for ${name}`, () => {
    const cookies = new Cookies();
    cookies.take(new URL(from), line, NOW);
    assert.equal(cookies.header(new URL(to), NOW), sent);
  });
}

test('cookies are replaced by name, domain and path, and end with time', () => {
  const cookies = new Cookies();
  const url = new URL('http://a.test/x/y');
  cookies.take(url, ['a=1; Path=/', 'a=2; Path=/x', 'b=3; Path=/; Max-Age=10'], NOW);
  cookies.take(url, 'a=4; Path=/', NOW);
  assert.equal(cookies.header(url, NOW), 'a=2; b=3; a=4');
  assert.equal(cookies.header(url, NOW + 10_000), 'a=2; a=4');
  cookies.take(url, 'a=; Path=/x; Max-Age=-1', NOW);
  assert.deepEqual(cookies.values(), ['3', '4']);
});

test('cookies without end are not collected', () => {
  const cookies = new Cookies();
  for (let at = 0; at < 1000; at += 1) cookies.take(new URL('http://a.test/'), `c${at}=${at}`, NOW);
  assert.equal(cookies.values().length, 50);
  assert.equal(cookies.values().at(-1), '999');
});
