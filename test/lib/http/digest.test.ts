import assert from 'node:assert/strict';
import { test } from 'node:test';
import { challenges } from '../../../src/lib/http/auth/challenge.ts';
import { type Agreed, authorization, strongest } from '../../../src/lib/http/auth/digest.ts';
import type { Digest } from '../../../src/lib/http/auth/kinds.ts';
import { Secret } from '../../../src/lib/secret.ts';
import { cpuTime } from '../../cpu-time.ts';

function user(username: string, password: string): Digest {
  return { type: 'digest', username: new Secret(username), password: new Secret(password) };
}

const agreed: Agreed = {
  realm: 'http-auth@example.org',
  nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
  opaque: 'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS',
  algorithm: 'MD5',
  qop: 'auth',
  userhash: false,
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
};
const get = {
  method: 'GET',
  origin: 'http://www.example.org',
  path: '/dir/index.html',
  headers: [],
  body: null,
};

function parameter(value: string, name: string): string | undefined {
  return challenges(value)[0]?.parameters.get(name);
}

test('RFC 7616, 3.9.1: MD5', () => {
  const value = authorization(user('Mufasa', 'Circle of Life'), agreed, 1, get);
  assert.equal(parameter(value, 'response'), '8ca523f5e9506fed4657c9700eebdbec');
  assert.equal(parameter(value, 'nc'), '00000001');
});

test('RFC 7616, 3.9.1: SHA-256', () => {
  const value = authorization(user('Mufasa', 'Circle of Life'), { ...agreed, algorithm: 'SHA-256' }, 1, get);
  assert.equal(
    parameter(value, 'response'),
    '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
  );
});

// Only the hash of the name: the response of that example is not reproducible with the parameters it shows.
test('RFC 7616, 3.9.2: a hashed user name', () => {
  const asked = { ...agreed, realm: 'api@example.org', algorithm: 'SHA-512-256', userhash: true };
  const value = authorization(user('J\u00e4s\u00f8n Doe', 'Secret, or not?'), asked, 1, get);
  assert.equal(
    parameter(value, 'username'),
    '793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b',
  );
  assert.equal(parameter(value, 'userhash'), 'true');
});

test('RFC 2617, 3.5', () => {
  const asked = {
    realm: 'testrealm@host.com',
    nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
    opaque: '5ccc069c403ebaf9f0171e9517f40e41',
    algorithm: null,
    qop: 'auth',
    userhash: false,
    cnonce: '0a4f113b',
  } as const;
  const value = authorization(user('Mufasa', 'Circle Of Life'), asked, 1, get);
  assert.equal(parameter(value, 'response'), '6629fae49393a05397450978507c4ef1');
  assert.equal(parameter(value, 'algorithm'), undefined);
});

test('RFC 2069: without qop there are no counts', () => {
  const asked = {
    ...agreed,
    realm: 'testrealm@host.com',
    nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
    qop: null,
  };
  const value = authorization(user('Mufasa', 'CircleOfLife'), asked, 1, get);
  assert.equal(parameter(value, 'response'), '1949323746fe6a43ef61f9606e7febea');
  assert.equal(parameter(value, 'nc'), undefined);
});

test('names that a quoted string cannot carry, and those that it must escape', () => {
  assert.match(
    authorization(user('J\u00e4s\u00f8n', 'x'), agreed, 1, get),
    /username\*=UTF-8''J%C3%A4s%C3%B8n,/,
  );
  assert.match(authorization(user('a"b\\c', 'x'), agreed, 1, get), /username="a\\"b\\\\c"/);
});

const CHALLENGES: readonly [name: string, field: string | string[], expected: string | null][] = [
  [
    'the strongest of several headers',
    ['Digest realm="r", nonce="a"', 'Digest realm="r", nonce="b", algorithm=SHA-256'],
    'b',
  ],
  [
    'the strongest within one header',
    'Digest realm="r", nonce="a", algorithm=MD5, Digest realm="r", nonce="b", algorithm=SHA-512-256',
    'b',
  ],
  [
    'beside other schemes',
    'Negotiate, NTLM TlRMTVNT==, Basic realm="x, y=z", Digest nonce="a", realm="r"',
    'a',
  ],
  ['any case', 'DIGEST Realm="r", NONCE=a, Algorithm=md5-SESS, QOP="auth-int,AUTH"', 'a'],
  ['commas and quotes inside', 'Digest realm="a \\"b\\", nonce=\\"x\\"", nonce="a,b"', 'a,b'],
  ['an algorithm that nobody knows', 'Digest realm="r", nonce="a", algorithm=SHA-999', null],
  ['a quality that nobody knows', 'Digest realm="r", nonce="a", qop="token"', null],
  ['no nonce', 'Digest realm="r"', null],
  ['another scheme', 'Basic realm="r"', null],
  ['rubbish', '=,="",,,Digest', null],
  ['nothing', '', null],
];

for (const [name, field, nonce] of CHALLENGES) {
  test(`a challenge: ${name}`, () => {
    assert.equal(strongest(challenges(field))?.agreed.nonce ?? null, nonce);
  });
}

test('endless challenges take no time', () => {
  const endless = [
    'a '.repeat(1e6),
    ' '.repeat(1e6),
    'a="'.repeat(1e6),
    `Digest a="${'\\'.repeat(1e6)}`,
    'a=,'.repeat(1e6),
  ];
  const took = cpuTime(() => {
    for (const field of endless) strongest(challenges(field));
  });
  assert.ok(took < 2000);
});
