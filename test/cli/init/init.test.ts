import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Legacy, look } from './legacy.ts';

const LIST = JSON.stringify({ items: [{ id: 1 }, { id: 2 }] });

test('secrets become variables and are repeated nowhere', async () => {
  await using legacy = await Legacy.start((_, response) => void response.end(LIST));
  const url = `${legacy.origin.replace('//', '//ann:correct-horse@')}/api/tickets?api_key=battery-staple&page_size=2`;
  const { code, out, err } = await look(url, { header: ['X-Token: very-hidden', 'Accept: text/json'] });
  assert.equal(code, 0, err);
  assert.doesNotMatch(out + err, /ann|correct|horse|battery|staple|hidden/);
  assert.match(
    out,
    /url: http:\/\/127\.0\.0\.1:\d+\/api\/tickets\?api_key=\$\{TICKETS_API_KEY\}&page_size=2/,
  );
  assert.match(out, /type: basic\n +username: \$\{TICKETS_USERNAME\}\n +password: \$\{TICKETS_PASSWORD\}/);
  assert.match(out, /X-Token: \$\{TICKETS_X_TOKEN\}\n +Accept: text\/json/);
  assert.match(err, /the variable TICKETS_PASSWORD has to be set/);
  const [request] = legacy.requests;
  assert.equal(request?.headers['x-token'], 'very-hidden');
  assert.equal(request?.headers.authorization, `Basic ${btoa('ann:correct-horse')}`);
  assert.equal(request?.url, '/api/tickets?api_key=battery-staple&page_size=2');
});

test('a bearer token becomes `auth`', async () => {
  await using legacy = await Legacy.start((_, response) => void response.end(LIST));
  const { out } = await look(`${legacy.origin}/x`, { header: ['Authorization: Bearer abcdefgh'] });
  assert.match(out, /type: bearer\n +token: \$\{\w+_TOKEN\}/);
  assert.equal(legacy.requests[0]?.headers.authorization, 'Bearer abcdefgh');
});

test('a refusal says what kind of credentials are wanted', async () => {
  await using legacy = await Legacy.start((_, response) => {
    response.writeHead(401, { 'www-authenticate': 'Digest realm="desk", nonce="1"' }).end();
  });
  const { code, out, err } = await look(legacy.origin);
  assert.deepEqual([code, out], [1, '']);
  assert.match(err, /401.*\n.*\n.*asks for Digest: see `auth: \{ type: digest \}`/);
});

test('a list without anything that identifies its records is said to be one record', async () => {
  const named = ['a', 'a', 'b'].map((name) => ({ name }));
  await using legacy = await Legacy.start((_, response) => void response.end(JSON.stringify(named)));
  const { code, out } = await look(legacy.origin);
  assert.equal(code, 0);
  assert.match(
    out,
    /# the whole list is one record: no field, and no two together, identify each of its 3$/m,
  );
  assert.doesNotMatch(out, /key:|items:/);
});

test('it asks so often as it is told, and once with the ETag', async () => {
  await using legacy = await Legacy.start((request, response) => {
    const same = request.headers['if-none-match'] === '"v1"';
    response
      .writeHead(same ? 304 : 200, { etag: '"v1"', 'cache-control': 'max-age=300' })
      .end(same ? '' : LIST);
  });
  const { out } = await look(legacy.origin, { polls: 4 });
  assert.deepEqual(
    legacy.requests.map(({ headers }) => headers['if-none-match']),
    [undefined, undefined, undefined, undefined, '"v1"'],
  );
  assert.match(out, /# ETag: the server answers conditional requests with 304/);
  assert.match(out, /every: 5m/);
});

test('validators that are ignored, and tags that change with every answer, are named', async () => {
  await using legacy = await Legacy.start((_, response, count) => {
    response.writeHead(200, { etag: `"${count}"` }).end(LIST);
  });
  const { out } = await look(legacy.origin);
  assert.match(out, /# ETag: sent by the server, but ignored/);
  assert.match(out, /# the ETag differs from answer to answer though the content does not/);
});

test('a redirect is named without its query', async () => {
  await using legacy = await Legacy.start((request, response) => {
    if (request.url === '/old') response.writeHead(301, { location: '/new?session=17' }).end();
    else response.end(LIST);
  });
  const { out } = await look(`${legacy.origin}/old`);
  assert.match(out, /# redirected to http:\/\/127\.0\.0\.1:\d+\/new: as `url`/);
  assert.doesNotMatch(out, /session/);
});

for (const [name, query, headers, body, option] of [
  [
    'a Link header',
    '',
    { link: '</x?page=2>; rel="next"' },
    { data: [{ id: 1 }] },
    /paginate:\n +type: link/,
  ],
  ['a next URL', '', {}, { next: '/x?page=2', data: [{ id: 1 }] }, /type: next\n +path: next/],
  [
    'a next link',
    '',
    {},
    { _links: { next: { href: '/x?p=2' } }, data: [{ id: 1 }] },
    /path: _links\.next\.href/,
  ],
  [
    'the next link of OData 4',
    '',
    {},
    { '@odata.count': 9, value: [{ '@odata.etag': 'W/"1"', id: 1 }], '@odata.nextLink': 'x?$skiptoken=2' },
    /path: "@odata\.nextLink"/,
  ],
  [
    'the next link of OData 2',
    '',
    {},
    { d: { __count: '9', results: [{ id: 1 }], __next: 'https://sap.example/x?$skiptoken=2' } },
    /path: d\.__next/,
  ],
  [
    'a cursor',
    '',
    {},
    { meta: { next_cursor: 'abc' }, data: [{ id: 1 }] },
    /path: meta\.next_cursor\n +param: cursor/,
  ],
  [
    'a page in the URL',
    '?page=1&per_page=1',
    {},
    { total_pages: 3, data: [{ id: 1 }] },
    /param: page\n +size_param: per_page\n +size: 1\n +pages: total_pages/,
  ],
  [
    'an offset in the URL',
    '?offset=0&limit=1',
    {},
    { total: 3, data: [{ id: 1 }] },
    /param: offset\n +limit_param: limit\n +limit: 1\n +total: total/,
  ],
] as const) {
  test(`pagination is proposed for ${name}`, async () => {
    const page = JSON.stringify(body);
    const next = page.replace('"id":1', '"id":2');
    await using legacy = await Legacy.start((request, response) => {
      response.writeHead(200, headers).end(request.url === `/x${query}` ? page : next);
    });
    const { out, err } = await look(`${legacy.origin}/x${query}`);
    assert.match(out, option, err);
    assert.match(out, /; the next page was tried, and has 1 other record\n/);
    assert.match(out, /url: http:\/\/127\.0\.0\.1:\d+\/x\n/);
  });
}

test('a way that leads to the first page again is not proposed', async () => {
  await using legacy = await Legacy.start((_, response) => {
    response.end(JSON.stringify({ meta: { next_cursor: 'abc' }, data: [{ id: 1 }] }));
  });
  const { out } = await look(`${legacy.origin}/x?page=1`);
  assert.match(out, /# meta\.next_cursor holds a token .*"param":"cursor".* gives the first page again\n/);
  assert.doesNotMatch(out, /paginate:\n/);
  assert.match(out, /\/x\?page=1\n/);
});

test('a next page that cannot be read is told', async () => {
  await using legacy = await Legacy.start((request, response) => {
    if (request.url === '/x') response.end('{"next":"/y","data":[{"id":1}]}');
    else response.writeHead(404).end();
  });
  const { out } = await look(`${legacy.origin}/x`);
  assert.match(out, /# next holds .*; the next page could not be read \(.* 404 .*\): check .*\n +paginate:/);
});

test('text is refused politely, with a pattern to begin with', async () => {
  await using legacy = await Legacy.start(
    (_, response) => void response.end('UPS: on line\nLoad: 42\nLeft: 7\n'),
  );
  const { code, out, err } = await look(legacy.origin);
  assert.deepEqual([code, out], [1, '']);
  assert.match(err, /text: \{ pattern: '\^\(\?<name>/);
});

test('a page without a table, rubbish and silence are refused without a crash', async () => {
  for (const body of ['<!doctype html><title>Login</title><p>hello', '\0\x01\x02', '', '[1,2', 'null']) {
    await using legacy = await Legacy.start((_, response) => void response.end(body));
    const { code, out } = await look(legacy.origin);
    if (body !== 'null') assert.deepEqual([code, out], [1, ''], body);
  }
});

test('a page of links says what is missing; measurements get the pattern of measurements', async () => {
  await using page = await Legacy.start((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html><pre><a href="a">a</a></pre></html>');
  });
  assert.match((await look(page.origin)).err, /no table: `html` says where its records are/);
  await using metrics = await Legacy.start((_, response) => {
    response.end('# HELP a\n# TYPE a gauge\na 1\nb{x="1 2"} 2e+06\nc{} NaN\n');
  });
  assert.match((await look(metrics.origin)).err, /pattern: '\^\(\?<name>\[A-Za-z_:\]/);
});

test('a source is named after its path, or its host, never after an address', async () => {
  await using legacy = await Legacy.start((_, response) => void response.end(LIST));
  for (const [path, name] of [
    ['/_status?format=xml', 'status'],
    ['/api/v2/', 'source'],
    ['/Stock%20list/open-orders.php', 'open-orders'],
  ])
    assert.match((await look(legacy.origin + path)).out, new RegExp(`^sources:\\n {2}${name}:`), path);
});

test('rate limits that the server names are told', async () => {
  await using legacy = await Legacy.start((_, response) => {
    response.writeHead(200, { 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '59' }).end(LIST);
  });
  assert.match((await look(legacy.origin)).out, /# x-ratelimit-remaining: 59/);
});

test('an empty list gets a guess that says so', async () => {
  await using legacy = await Legacy.start((_, response) => void response.end('{"tickets":[]}'));
  const { out } = await look(legacy.origin);
  assert.match(out, /# a guess, because the list is empty[^\n]*\n +key: id/);
});

test('wrong usage is told without repeating a value', async () => {
  await assert.rejects(look('desk.example.com'), { code: 'USAGE' });
  await assert.rejects(
    look('http://x.test/', { header: ['hidden'] }),
    (error: Error) => !error.message.includes('hidden'),
  );
});
