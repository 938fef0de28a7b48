import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, test } from 'node:test';
import type { SourceConfig } from '../../src/config/document.ts';
import { createExpectations } from '../../src/poll/expectations.ts';
import type { GetPage } from '../../src/poll/page.ts';
import { createPaged } from '../../src/poll/pages.ts';
import { NOTHING_KNOWN } from '../../src/poll/remembered.ts';
import { source } from '../fetch/fixtures.ts';
import { type Answer, rows, Site, told } from './site.ts';

interface Row {
  readonly id: number;
  readonly [name: string]: unknown;
}

const LIST = 'url: URL/items\nitems: items\nkey: id\n';
const numbers = (count: number) => Array.from({ length: count }, (_, at) => String(at + 1));

/** A server that gives numbered pages, however large they are asked for. */
function numbered(
  list: () => readonly Row[],
  size = 3,
  more: (all: readonly Row[]) => object = () => ({}),
): Answer {
  return (query) => {
    const at = (Number(query.get('page') ?? 1) - 1) * size;
    return { items: list().slice(at, at + size), ...more(list()) };
  };
}

describe('pages by number', () => {
  test('are read until one is shorter, twice before they are a baseline', async () => {
    await using site = await Site.open(
      `${LIST}paginate: { type: page }`,
      numbered(() => rows(8)),
    );
    assert.deepEqual(told(await site.see()), []);
    assert.deepEqual(await site.keys(), numbers(8));
    const reading = ['/items?page=1', '/items?page=2', '/items?page=3'];
    assert.deepEqual(site.asked(), [...reading, ...reading]);
    assert.equal((await site.see()).detected.differs, false);
    assert.deepEqual(site.asked(), reading);
  });

  test('end on an empty page', async () => {
    await using site = await Site.open(
      `${LIST}paginate: { type: page }`,
      numbered(() => rows(6)),
    );
    await site.see();
    assert.deepEqual(await site.keys(), numbers(6));
    assert.deepEqual(site.asked().slice(0, 3), ['/items?page=1', '/items?page=2', '/items?page=3']);
  });

  test('that are asked for beyond the last, which some servers refuse, say how to end before', async () => {
    const answer: Answer = (query, _, response) => {
      const page = Number(query.get('page'));
      if (page <= 2) return { items: rows(2, page * 2) };
      response.writeHead(400).end();
      return undefined;
    };
    await using site = await Site.open(`${LIST}paginate: { type: page }`, answer);
    const { failure } = await site.fail();
    assert.match(failure.message, /^page 3: .* 400 .*; if page 2 is the last, `paginate` has to say where/);
  });

  test('end where the server says', async () => {
    const answer = numbered(
      () => rows(6),
      3,
      (all) => ({ meta: { pages: String(Math.ceil(all.length / 3)) } }),
    );
    await using site = await Site.open(`${LIST}paginate: { type: page, pages: meta.pages }`, answer);
    await site.see();
    assert.deepEqual([await site.keys(), site.asked().length], [numbers(6), 4]);
  });

  test('go on behind an empty or short page if the server says that there are more', async () => {
    const pages: Row[][] = [rows(3), [], rows(2, 4), rows(3, 6)];
    const answer: Answer = (query) => ({ items: pages[Number(query.get('page')) - 1], pages: 4 });
    await using site = await Site.open(`${LIST}paginate: { type: page, pages: pages }`, answer);
    await site.see();
    assert.deepEqual(await site.keys(), numbers(8));
  });

  test('begin where they are told, in the size that is asked for', async () => {
    const answer: Answer = (query) => {
      const at = Number(query.get('p')) * Number(query.get('n'));
      return { items: rows(5).slice(at, at + Number(query.get('n'))) };
    };
    const paginate = 'paginate: { type: page, param: p, start: 0, size_param: n, size: 2 }';
    await using site = await Site.open(
      `url: URL/items?p=9&x=%20y\nitems: items\nkey: id\n${paginate}`,
      answer,
    );
    await site.see();
    assert.deepEqual(await site.keys(), numbers(5));
    assert.deepEqual(site.asked().slice(0, 2), ['/items?x=%20y&p=0&n=2', '/items?x=%20y&p=1&n=2']);
  });

  for (const honest of [true, false]) {
    test(`a cap that nobody told of loses nothing, ${honest ? 'also' : 'even'} if pages count in ${honest ? 'its' : 'our'} size`, async () => {
      let cap = 2;
      const answer: Answer = (query) => {
        const asked = Number(query.get('n'));
        const size = Math.min(cap, asked);
        const at = (Number(query.get('page')) - 1) * (honest ? size : asked);
        return { items: rows(5).slice(at, at + size) };
      };
      const paginate = 'paginate: { type: page, size_param: n, size: 4 }';
      await using site = await Site.open(`${LIST}${paginate}`, answer);
      await site.see();
      assert.deepEqual(await site.keys(), numbers(5));
      // What is remembered is the size that the server gives.
      site.asked();
      await site.see();
      assert.deepEqual(site.asked(), ['/items?page=1&n=2', '/items?page=2&n=2', '/items?page=3&n=2']);
      cap = 1;
      assert.equal((await site.see()).detected.records, 5);
    });
  }

  test('a server that does not know the parameter is told of, not believed', async () => {
    await using site = await Site.open(`${LIST}paginate: { type: page }`, () => ({ items: rows(3) }));
    const { failure, suspect } = await site.fail();
    assert.deepEqual([failure.code, suspect], ['FETCH_PAGES', false]);
    assert.match(failure.message, /page 2 shows the same records as page 1/);
    assert.equal(site.asked().length, 2);
  });

  test('a server that repeats its last page for ever has come to the end', async () => {
    const answer: Answer = (query) =>
      numbered(() => rows(6))(
        new URLSearchParams({ page: String(Math.min(2, Number(query.get('page')))) }),
        null as never,
        null as never,
      );
    await using site = await Site.open(`${LIST}paginate: { type: page }`, answer);
    await site.see();
    assert.deepEqual(await site.keys(), numbers(6));
    assert.equal((await site.see()).detected.differs, false);
  });

  test('more than max_pages are a failure, not a part', async () => {
    await using site = await Site.open(
      `${LIST}paginate: { type: page, max_pages: 2 }`,
      numbered(() => rows(7)),
    );
    assert.match((await site.fail()).failure.message, /more pages than `max_pages: 2` allows/);
  });

  test('max_body bounds all of them together', async () => {
    const wide = rows(9).map((row) => ({ ...row, text: 'x'.repeat(100) }));
    await using site = await Site.open(
      `${LIST}max_body: 900B\npaginate: { type: page }`,
      numbered(() => wide),
    );
    const { failure } = await site.fail();
    assert.deepEqual(
      [failure.code, failure.message],
      ['FETCH_TOO_LARGE', '3 pages together are larger than 900 B'],
    );
  });

  test('that were not read before show nothing new: the list is a new baseline', async () => {
    await using site = await Site.open(
      LIST,
      numbered(() => rows(8)),
    );
    await site.see();
    await site.configure(`${LIST}paginate: { type: page }`);
    const seen = await site.see();
    assert.deepEqual([told(seen), seen.detected.basis, await site.keys()], [[], 'rebaselined', numbers(8)]);
  });

  test('one that fails fails the poll, and is named', async () => {
    const good = numbered(() => rows(9));
    const answer: Answer = (query, request, response) =>
      query.get('page') === '2' ? void response.writeHead(500).end() : good(query, request, response);
    await using site = await Site.open(`${LIST}paginate: { type: page }`, answer);
    assert.match((await site.fail()).failure.message, /^page 2: 127.*500/);
  });
});

describe('pages by offset', () => {
  const serve =
    (list: () => readonly Row[], cap = 100): Answer =>
    (query) => {
      const at = Number(query.get('offset'));
      const size = Math.min(cap, Number(query.get('limit') ?? 2));
      return { items: list().slice(at, at + size), total: list().length };
    };

  test('go on by what came, not by what was asked for', async () => {
    const paginate = 'paginate: { type: offset, limit_param: limit, limit: 50 }';
    await using site = await Site.open(
      `${LIST}${paginate}`,
      serve(() => rows(5), 2),
    );
    await site.see();
    assert.deepEqual(await site.keys(), numbers(5));
    const asked = site.asked().slice(0, 3);
    assert.deepEqual(asked, [
      '/items?offset=0&limit=50',
      '/items?offset=2&limit=50',
      '/items?offset=4&limit=50',
    ]);
  });

  test('end at the total, with no request more', async () => {
    await using site = await Site.open(
      `${LIST}paginate: { type: offset, total: total }`,
      serve(() => rows(4)),
    );
    await site.see();
    site.asked();
    await site.see();
    assert.deepEqual(site.asked(), ['/items?offset=0', '/items?offset=2']);
  });

  test('a total that is not met is suspect', async () => {
    const answer: Answer = (query) => ({
      items: rows(4).slice(Number(query.get('offset')), Number(query.get('offset')) + 2),
      total: 9,
    });
    await using site = await Site.open(`${LIST}paginate: { type: offset, total: total }`, answer);
    const { failure, suspect } = await site.fail();
    assert.deepEqual([failure.message, suspect], ['the answer declares 9 records, and has 4', true]);
  });

  test('totals that differ between pages are noticed, also if the last one fits and all pages stay as they are', async () => {
    let list = rows(5);
    let said = (_: number) => 5;
    await using site = await Site.open(`${LIST}paginate: { type: offset, total: total }`, (query) => {
      const at = Number(query.get('offset'));
      return { items: list.slice(at, at + 2), total: said(at) };
    });
    await site.see();
    said = (at) => (at === 0 ? 6 : 5);
    list = [...rows(4), { id: 9, v: 1 }];
    for (const events of [['created 9'], [], []]) {
      const seen = await site.see();
      assert.deepEqual(told(seen), events);
      assert.match(seen.unsettled ?? '', /the declared number of records went from 6 to 5$/);
    }
    said = () => 5;
    assert.equal((await site.see()).unsettled, null);
    assert.deepEqual(told(await site.see()), ['deleted 5']);
  });

  test('a total that is nowhere is told of', async () => {
    await using site = await Site.open(
      `${LIST}paginate: { type: offset, total: meta.total }`,
      serve(() => rows(4)),
    );
    assert.match((await site.fail()).failure.message, /the number of records is not at "meta.total"/);
  });
});

describe('links and tokens', () => {
  const linked =
    (list: () => readonly Row[], link: (page: number) => string | null): Answer =>
    (query, _, response) => {
      const page = Number(query.get('page') ?? 1);
      const items = list().slice((page - 1) * 2, page * 2);
      const next = page * 2 < list().length ? link(page + 1) : null;
      if (next !== null)
        response.setHeader('link', [
          `<${next}>; rel="prev"; anchor="#a"`,
          `<${next}>; title="a, b"; rel="last next"`,
        ]);
      return { items, next, cursor: next === null ? '' : page + 1 };
    };

  const ways: [name: string, link: (url: string, page: number) => string][] = [
    ['absolute', (url, page) => `${url}/items?page=${page}`],
    ['relative', (_, page) => `/items?page=${page}`],
    ['a query', (_, page) => `?page=${page}`],
    [
      'another scheme, as behind a proxy that ends TLS',
      (url, page) => `${url.replace('http:', 'https:')}/items?page=${page}`,
    ],
    ['another host, as behind a proxy', (_, page) => `http://internal.test:8080/items?page=${page}`],
  ];
  for (const type of ['link', 'next'] as const) {
    for (const [name, link] of ways) {
      test(`${type}: ${name}`, async () => {
        const path = type === 'next' ? ', path: next' : '';
        await using site = await Site.open(`${LIST}paginate: { type: ${type}${path} }`);
        site.answer = linked(
          () => rows(5),
          (page) => link(site.url, page),
        );
        await site.see();
        assert.deepEqual(await site.keys(), numbers(5));
        assert.deepEqual(site.asked().slice(0, 3), ['/items', '/items?page=2', '/items?page=3']);
      });
    }
  }

  test('a link that lost its prefix is asked for below it', async () => {
    const answer = linked(
      () => rows(5),
      (page) => `/api/items?page=${page}`,
    );
    const options = 'url: URL/legacy/api/items\nitems: items\nkey: id\npaginate: { type: next, path: next }';
    await using site = await Site.open(options, answer);
    await site.see();
    assert.deepEqual(await site.keys(), numbers(5));
    assert.equal(site.asked()[1], '/legacy/api/items?page=2');
  });

  test('a link in a member whose name has a dot is followed', async () => {
    const answer: Answer = (query) => {
      const rest = query.get('skip') === null;
      const list = rest ? rows(2) : rows(1, 3);
      // It is said on the first page only.
      return { items: list, ...(rest && { '@odata.count': 3, '@odata.nextLink': 'items?skip=2' }) };
    };
    const options = `${LIST}paginate: { type: next, path: '@odata.nextLink' }\nexpect: { total: '@odata.count' }`;
    await using site = await Site.open(options, answer);
    await site.see();
    assert.deepEqual(await site.keys(), numbers(3));
  });

  const lost: [name: string, paginate: string, page: object, warning: RegExp | null][] = [
    [
      'a path that leads nowhere',
      '{ type: next, path: paging.nxt }',
      { paging: { next: '/items?page=2', self: '/items' } },
      /^nothing is at "paging\.nxt", .* one page is the whole list; "paging" has "next", "self"$/,
    ],
    [
      'a token that is nowhere',
      '{ type: cursor, path: cursor, param: c }',
      {},
      /^nothing is at "cursor", .*; the document has "items"$/,
    ],
    ['a Link header that is not sent', '{ type: link }', {}, /^the answer has no Link header, /],
    ['an end that is said', '{ type: next, path: next }', { next: null }, null],
    ['a number of pages', '{ type: page, pages: pages }', { pages: 1 }, null],
  ];
  for (const [name, paginate, page, warning] of lost) {
    test(`${name} is ${warning ? 'told once' : 'no reason to warn'}`, async () => {
      await using site = await Site.open(`${LIST}paginate: ${paginate}`, () => ({ items: [], ...page }));
      assert.deepEqual((await site.see()).warnings, []);
      site.answer = () => ({ items: rows(9), ...page });
      assert.deepEqual((await site.see()).warnings, [], 'a page has room for them');
      site.answer = () => ({ items: rows(10), ...page });
      const { warnings } = await site.see();
      assert.equal(warnings.length, warning ? 1 : 0);
      if (warning) assert.match(warnings[0] ?? '', warning);
      site.answer = () => ({ items: rows(11), ...page });
      assert.deepEqual((await site.see()).warnings, []);
    });
  }

  test('a way that was seen once may be missing later', async () => {
    const answer = linked(
      () => rows(5),
      (page) => `/items?page=${page}`,
    );
    await using site = await Site.open(`${LIST}paginate: { type: next, path: next }`, answer);
    await site.see();
    site.answer = () => ({ items: rows(15) });
    assert.deepEqual((await site.see()).warnings, []);
  });

  test('another origin gets neither credentials nor headers, nor the parameters of the source', async () => {
    await using other = await Site.open(LIST);
    const seen: unknown[] = [];
    other.answer = (_, request) => {
      seen.push([request.url, request.headers.authorization, request.headers['x-key']]);
      return { items: rows(2, 3) };
    };
    const options = `${LIST}query: { k: v }\nheaders: { x-key: secret }\nauth: { type: bearer, token: t }\npaginate: { type: next, path: next }`;
    await using site = await Site.open(options, (_, request) => {
      assert.equal(request.headers.authorization, 'Bearer t');
      return { items: rows(2), next: `${other.url}/elsewhere/more` };
    });
    await site.see();
    assert.deepEqual(await site.keys(), numbers(4));
    assert.deepEqual(seen[0], ['/elsewhere/more', undefined, undefined]);
  });

  test('a key in the URL is sent once, whether links repeat it or not', async () => {
    const options = `${LIST}auth: { type: query, name: api_key, value: k }\npaginate: { type: link }`;
    await using site = await Site.open(
      options,
      linked(
        () => rows(5),
        (page) => `/items?page=${page}${page === 2 ? '&api_key=k' : ''}`,
      ),
    );
    await site.see();
    assert.deepEqual(site.asked().slice(0, 3), [
      '/items?api_key=k',
      '/items?page=2&api_key=k',
      '/items?page=3&api_key=k',
    ]);
  });

  const circles: [name: string, next: (page: number) => string][] = [
    ['to itself', (page) => (page === 1 ? '?page=2' : '?page=2')],
    ['to the first page', (page) => (page === 1 ? '?page=2' : '/items')],
    ['on and on with the same records', (page) => `?page=${page + 1}`],
  ];
  for (const [name, next] of circles) {
    test(`links that lead ${name} are a failure`, async () => {
      const answer: Answer = (query) => {
        const page = Number(query.get('page') ?? 1);
        return { items: rows(2, page === 1 ? 1 : 3), next: next(page) };
      };
      await using site = await Site.open(`${LIST}paginate: { type: next, path: next }`, answer);
      const { failure } = await site.fail();
      assert.equal(failure.code, 'FETCH_PAGES', failure.message);
      assert.ok(site.asked().length <= 3);
    });
  }

  test('tokens go where they are told, and an empty page does not end the list', async () => {
    const pages: Row[][] = [rows(2), [], rows(2, 3)];
    const bodies: unknown[] = [];
    const answer: Answer = async (_, request) => {
      const body = JSON.parse(Buffer.concat(await request.toArray()).toString());
      bodies.push(body);
      const page = Number(body.page?.after ?? 0);
      return { items: pages[page], next: page < 2 ? page + 1 : null };
    };
    const options = `${LIST}method: POST\nbody: { q: open, page: { size: 2 } }\npaginate: { type: cursor, path: next, param: page.after, inject: body }`;
    await using site = await Site.open(options, answer);
    await site.see();
    assert.deepEqual(await site.keys(), numbers(4));
    assert.deepEqual(bodies.slice(0, 2), [
      { q: 'open', page: { size: 2 } },
      { q: 'open', page: { size: 2, after: 1 } },
    ]);
  });

  test('a token in a header', async () => {
    const answer: Answer = (_, request) => {
      const at = Number(request.headers['x-after'] ?? 0);
      return { items: rows(5).slice(at, at + 2), next: at + 2 < 5 ? at + 2 : false };
    };
    await using site = await Site.open(
      `${LIST}paginate: { type: cursor, path: next, param: X-After, inject: header }`,
      answer,
    );
    await site.see();
    assert.deepEqual(await site.keys(), numbers(5));
  });

  test('a token that comes again is a failure', async () => {
    let id = 0;
    const answer: Answer = () => ({ items: rows(1, ++id), next: 'again' });
    await using site = await Site.open(`${LIST}paginate: { type: cursor, path: next, param: c }`, answer);
    assert.match((await site.fail()).failure.message, /leads back to a page that was read already/);
  });
});

describe('pages that did not change', () => {
  const tagged =
    (list: () => readonly Row[], answered: number[]): Answer =>
    (query, request, response: ServerResponse) => {
      const page = Number(query.get('page') ?? 1);
      const items = list().slice((page - 1) * 2, page * 2);
      const tag = `"${JSON.stringify(items).length}-${items.map(({ v }) => v).join()}"`;
      if (page * 2 < list().length) response.setHeader('link', `<?page=${page + 1}>; rel=next`);
      const same = request.headers['if-none-match'] === tag;
      answered.push(same ? 304 : 200);
      if (same) return void response.writeHead(304, { etag: tag }).end();
      response.setHeader('etag', tag);
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ items }));
      return undefined;
    };

  test('are asked for with their own validators, but the last, whose end no validator covers', async () => {
    const answered: number[] = [];
    let list: Row[] = rows(5);
    await using site = await Site.open(
      `${LIST}paginate: { type: link }`,
      tagged(() => list, answered),
    );
    await site.see();
    answered.length = 0;
    assert.equal((await site.see()).detected.differs, false);
    assert.deepEqual(answered, [304, 304, 200]);
    list = list.map((row) => (row.id === 3 ? { ...row, v: 2 } : row));
    answered.length = 0;
    assert.deepEqual(told(await site.see()), ['updated 3']);
    assert.deepEqual(answered, [304, 200, 200]);
    list = [...rows(2), { id: 3, v: 2 }, ...rows(2, 4), ...rows(1, 6)];
    assert.deepEqual(told(await site.see()), ['created 6']);
  });

  test('a new page behind a full last one is found', async () => {
    const answered: number[] = [];
    let list: Row[] = rows(4);
    await using site = await Site.open(
      `${LIST}paginate: { type: link }`,
      tagged(() => list, answered),
    );
    await site.see();
    await site.see();
    list = rows(5);
    assert.deepEqual(told(await site.see()), ['created 5']);
  });

  for (const tag of [null, '"1"']) {
    const how = tag === null ? 'the same bytes' : 'a 304';
    test(`of one that is the last now nothing behind it is asked for: ${how}`, async () => {
      let count = 3;
      await using site = await Site.open(
        `${LIST}paginate: { type: link }\ndeletes: { confirm: 1 }`,
        (query, request, response) => {
          const page = Number(query.get('page') ?? 1);
          const items = rows(count).slice((page - 1) * 2, page * 2);
          if (items.length === 0) return void response.writeHead(404).end();
          if (page * 2 < count) response.setHeader('link', `<?page=${page + 1}>; rel=next`);
          if (tag && page === 1) response.setHeader('etag', tag);
          if (tag && request.headers['if-none-match'] === tag) return void response.writeHead(304).end();
          return { items };
        },
      );
      await site.see();
      await site.see();
      count = 2;
      if (tag) assert.match((await site.fail()).failure.message, /^page 2: .* answered 404/);
      assert.deepEqual(told(await site.see()), ['deleted 3']);
    });
  }

  test('after a restart everything is read again', async () => {
    const answered: number[] = [];
    const options = `${LIST}paginate: { type: link }`;
    await using site = await Site.open(
      options,
      tagged(() => rows(5), answered),
    );
    await site.see();
    await site.configure(options);
    answered.length = 0;
    assert.equal((await site.see()).detected.differs, false);
    assert.deepEqual(answered, [200, 200, 200]);
  });
});

test('pages are asked for by the same requests at each poll, but for those of strangers', async () => {
  const tls = { ca: null, identity: null, serverName: null, insecure: true };
  const list = source('https://desk.test/items', { tls });
  const urls = ['https://desk.test/items', 'https://desk.test/2', 'https://other.test/3'];
  const asked: SourceConfig[] = [];
  const getPage: GetPage = async (name, request) => {
    const at = asked.push(request) - 1;
    const url = urls[at % 3] as string;
    const facts = { url, link: null, keys: [], there: urls[(at % 3) + 1] };
    const remembered = { validators: null, witness: null, facts, total: undefined };
    const reading = { kind: 'all', records: [] } as const;
    const records = async () => [];
    const answer = { name, status: 200, notBefore: null, size: 0, reading, remembered };
    return { kind: 'page', ...answer, records, document: async () => null };
  };
  const paginate = { type: 'next', path: 'next', max_pages: 10 } as const;
  const expectations = createExpectations(undefined);
  const pages = { paginate, max_body: 1000, getPage, expectations, declares: false, equal: Object.is };
  const read = createPaged(pages);
  const { signal } = new AbortController();
  for (let poll = 0; poll < 2; poll += 1)
    await read({ request: list, complete: true }, NOTHING_KNOWN, signal);
  assert.deepEqual(
    asked.map(({ url }) => url),
    [...urls, ...urls],
  );
  assert.deepEqual(
    [0, 1, 2].map((at) => asked[at] === asked[at + 3]),
    [true, true, false],
  );
});
