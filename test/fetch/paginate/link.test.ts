import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { nextLink } from '../../../src/fetch/paginate/link.ts';
import { nextUrl } from '../../../src/fetch/paginate/next-url.ts';
import { cpuTime } from '../../cpu-time.ts';

const HEADERS: readonly [header: string, next: string | null][] = [
  ['<https://x.test/?page=2>; rel="next"', 'https://x.test/?page=2'],
  ['<https://x.test/?page=2>;rel=next', 'https://x.test/?page=2'],
  ['<?page=1>; rel="prev", <?page=3>; rel="next"', '?page=3'],
  ['<?page=9>; rel="last", <?page=3> ; Rel = "NEXT" ; title="a"', '?page=3'],
  ['<a,b;c>; title="x, <y>; rel=\\"next\\""; rel="prev", <d>; rel="first next"', 'd'],
  ['<a>; rel="next"; anchor="#other"', null],
  ['<a>; rel="prev"; rel="next"', null],
  ['<a>; rel=nextish', null],
  ['<a>; rel*=next', null],
  ['<a>', null],
  ['', null],
  ['a; rel=next', null],
  ['<a; rel=next', null],
  ['<>; rel=next', ''],
  ['<a>; rel="next', null],
];
describe('the next link of a header', () => {
  for (const [header, next] of HEADERS) test(header, () => assert.equal(nextLink(header), next));

  test('is found in no time, whatever the header', () => {
    const took = cpuTime(() => {
      for (const part of ['<', '>', '"', '\\', ';', ' ', ',', '="', '<a>;', '<a>; x="\\"'])
        nextLink(part.repeat(20_000));
    });
    assert.ok(took < 1000);
  });
});

const URLS: readonly [request: string, link: string, url: string | null][] = [
  ['https://x.test/a/items?page=1', '?page=2', 'https://x.test/a/items?page=2'],
  ['https://x.test/a/items?page=1', 'items?page=2', 'https://x.test/a/items?page=2'],
  ['https://x.test/a/items', '/a/items?page=2#top', 'https://x.test/a/items?page=2'],
  ['https://x.test/a/items/', '/a/items?page=2', 'https://x.test/a/items?page=2'],
  // Behind a proxy that takes a prefix away, ends TLS, or has another name.
  ['https://x.test/old/a/items', '/a/items?page=2', 'https://x.test/old/a/items?page=2'],
  ['https://x.test/old/a/items', 'https://x.test/a/items?page=2', 'https://x.test/old/a/items?page=2'],
  ['https://x.test/old/a/items', 'http://inner:80/a/items?page=2', 'https://x.test/old/a/items?page=2'],
  ['https://x.test/old/a/items', '/a/items/page/2', 'https://x.test/old/a/items/page/2'],
  ['https://x.test/old/a/page/1', '/a/page/2', 'https://x.test/old/a/page/2'],
  ['https://x.test/a/items', 'http://x.test/a/items?page=2', 'https://x.test/a/items?page=2'],
  ['https://x.test/a/items', '//inner/a/items?page=2', 'https://x.test/a/items?page=2'],
  ['https://x.test/a/page/1', 'http://inner/a/page/2', 'https://x.test/a/page/2'],
  // Somewhere else.
  ['https://x.test/a/items', '/b/more', 'https://x.test/b/more'],
  ['https://x.test/a/items', 'https://y.test/b/more', 'https://y.test/b/more'],
  ['https://x.test/', 'https://y.test/?page=2', 'https://y.test/?page=2'],
  ['https://x.test/a', 'https://u:p@y.test/b', 'https://y.test/b'],
  ['https://x.test/a', 'javascript:alert(1)', null],
  ['https://x.test/a', 'file:///etc/passwd', null],
  ['https://x.test/a', 'http://', null],
];
describe('where a next link leads', () => {
  for (const [request, link, url] of URLS) {
    test(`from ${request} to ${link}`, () => {
      assert.equal(nextUrl(link, new URL(request))?.href ?? null, url);
    });
  }
});
