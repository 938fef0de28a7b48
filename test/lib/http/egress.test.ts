import assert from 'node:assert/strict';
import type { lookup } from 'node:dns';
import { test } from 'node:test';
import { allows, guarded, refusal } from '../../../src/lib/http/egress.ts';

const PUBLIC_ONLY = { deny_private: true, allow: [] };
const WITH_EXCEPTIONS = { deny_private: true, allow: ['10.1.0.0/16', 'fd00:1::/32', '127.0.0.1/32'] };

const ADDRESSES: readonly [address: string, publicOnly: boolean, withExceptions: boolean][] = [
  ['8.8.8.8', true, true],
  ['2606:4700::1111', true, true],
  ['10.1.2.3', false, true],
  ['10.2.0.1', false, false],
  ['127.0.0.1', false, true],
  ['127.0.0.2', false, false],
  ['0.0.0.0', false, false],
  ['169.254.169.254', false, false],
  ['172.16.0.1', false, false],
  ['192.168.0.1', false, false],
  ['100.64.0.1', false, false],
  ['198.18.0.1', false, false],
  ['224.0.0.1', false, false],
  ['255.255.255.255', false, false],
  ['::', false, false],
  ['::1', false, false],
  ['fe80::1', false, false],
  ['fe80::1%eth0', false, false],
  ['fc00::1', false, false],
  ['fd00:1::9', false, true],
  ['fec0::1', false, false],
  ['ff02::1', false, false],
  ['4000::1', false, false],
  ['2001:db8::1', false, false],
  // Other ways to write IPv4.
  ['::ffff:10.1.2.3', false, true],
  ['::ffff:10.2.0.1', false, false],
  ['::ffff:8.8.8.8', true, true],
  ['::ffff:7f00:1', false, true],
  ['64:ff9b::10.1.2.3', false, true],
  ['64:ff9b::a9fe:a9fe', false, false],
  ['64:ff9b::8.8.8.8', true, true],
  ['64:ff9b:1::8.8.8.8', false, false],
  ['::10.1.2.3', false, true],
  ['::7f00:1', false, false],
  ['::ffff:0:10.1.2.3', false, false],
  ['2002:a01:203::', false, false],
  ['not an address', false, false],
  ['', false, false],
];

for (const [address, publicOnly, withExceptions] of ADDRESSES) {
  test(`egress: ${address || 'nothing'}`, () => {
    assert.equal(allows(PUBLIC_ONLY, address), publicOnly, 'public only');
    assert.equal(allows(WITH_EXCEPTIONS, address), withExceptions, 'with exceptions');
  });
}

// What a URL makes of other spellings of an address.
for (const host of [
  '0x7f000001',
  '2130706433',
  '127.1',
  '0177.0.0.1',
  '[::ffff:127.0.0.1]',
  '[::1]',
  '127.0.0.1.',
]) {
  test(`egress: the literal ${host} is refused`, () => {
    const { hostname } = new URL(`http://${host}/`);
    assert.match(refusal(PUBLIC_ONLY, hostname)?.message ?? '', /^`egress` does not allow connections to /);
  });
}

function resolving(...addresses: string[]) {
  const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return ((_name: string, _options: object, done: (error: null, found: object[]) => void) =>
    done(null, found)) as unknown as typeof lookup;
}

test('of the addresses of a name only those that are allowed are connected to', () => {
  const look = guarded(PUBLIC_ONLY, resolving('10.0.0.1', '8.8.8.8', '::1', '2606:4700::1'));
  look('mixed.test', { all: true }, (error, found) => {
    assert.equal(error, null);
    assert.deepEqual(found, [
      { address: '8.8.8.8', family: 4 },
      { address: '2606:4700::1', family: 6 },
    ]);
  });
  look('mixed.test', {}, (error, address, family) => {
    assert.deepEqual([error, address, family], [null, '8.8.8.8', 4]);
  });
});

test('a name without an allowed address is refused with what it leads to', () => {
  guarded(PUBLIC_ONLY, resolving('127.0.0.1', '::1'))('rebound.test', { all: true }, (error) => {
    assert.equal(error?.message, '`egress` does not allow connections to rebound.test (127.0.0.1, ::1)');
  });
});
