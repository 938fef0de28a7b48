import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Answer, rows, Site, told } from './site.ts';

const LIST = 'url: URL/items\nitems: items\nkey: id\n';

/** Answers with these bytes, whatever is asked. */
const raw =
  (body: string | Buffer, type = 'application/json'): Answer =>
  (_query, _request, response) =>
    void response.writeHead(200, { 'content-type': type }).end(body);

const shuffled = (count: number, turn: number) => {
  const list = rows(count).map(({ id, v }) => (turn % 2 === 0 ? { id, v } : { v, id }));
  return [...list.slice(turn), ...list.slice(0, turn)];
};

describe('a legacy server that', () => {
  test('reorders members and records in every answer changes nothing', async () => {
    let turn = 0;
    await using site = await Site.open(LIST, () => ({ items: shuffled(5, turn++) }));
    await site.see();
    for (let poll = 0; poll < 4; poll += 1) assert.equal((await site.see()).detected.differs, false);
  });

  test('reorders records over its pages is believed in what it shows, not in what it leaves out', async () => {
    let turn = 0;
    const options = `${LIST}deletes: { confirm: 1 }\npaginate: { type: page }`;
    let list = (count: number) => rows(count);
    await using site = await Site.open(options, (query) => {
      const at = (Number(query.get('page')) - 1) * 3;
      return { items: list(8).slice(at, at + 3) };
    });
    await site.see();
    // Without an order of its own, each request gets the records in another one.
    list = (count) => shuffled(count, turn++ % count);
    for (let poll = 0; poll < 5; poll += 1) assert.deepEqual(told(await site.see()), []);
    list = (count) => rows(count + 1).filter(({ id }) => id !== 2);
    assert.deepEqual(told(await site.see()), ['created 9', 'deleted 2']);
  });

  test('declares one charset and sends another is not misread', async () => {
    await using site = await Site.open(LIST, raw('{"items":[{"id":1,"name":"Zoë"}]}'));
    await site.see();
    site.answer = raw(
      Buffer.from('{"items":[{"id":1,"name":"Zoë"}]}', 'latin1'),
      'application/json; charset=utf-8',
    );
    const poll = await site.poll();
    // Either it is refused or read as what it is; never is the letter another one.
    if (poll.kind === 'failed') assert.equal(poll.failure.code, 'DECODE_CHARSET');
    else assert.deepEqual(told(poll), []);
  });

  test('answers 200 with an error is suspect, and what is known stays', async () => {
    const options = `${LIST}expect: { where: 'ok = true' }`;
    await using site = await Site.open(options, () => ({ ok: true, items: rows(3) }));
    await site.see();
    for (const answer of [{ ok: false, items: [] }, { items: rows(3) }, { ok: 'true', items: [] }]) {
      site.answer = () => answer;
      const { failure, suspect } = await site.fail();
      assert.deepEqual([failure.code, suspect, site.note?.failures], ['EXPECT_ANSWER', true, 0]);
      assert.equal(site.note?.error, failure.message);
    }
    site.answer = () => ({ ok: true, items: rows(3) });
    assert.equal((await site.see()).detected.differs, false);
  });

  test('answers 200 with an error in place of the list is suspect without being told what to expect', async () => {
    await using site = await Site.open(LIST, () => ({ items: rows(3) }));
    await site.see();
    site.answer = () => ({ error: 'database is locked' });
    assert.equal((await site.fail()).suspect, true);
  });

  test('gives fewer rows for a wrong credential is held, by the guard or by what it declares', async () => {
    await using site = await Site.open(`${LIST}deletes: { confirm: 1 }`, () => ({
      items: rows(40),
      total: 40,
    }));
    await site.see();
    site.answer = () => ({ items: rows(7), total: 40 });
    const seen = await site.see();
    assert.deepEqual([told(seen), seen.detected.doubt?.missing], [[], 33]);
    await site.configure(`${LIST}deletes: { confirm: 1 }\nexpect: { total: total }`);
    const { failure } = await site.fail();
    assert.equal(failure.message, 'the answer declares 40 records, and has 7');
    await site.configure(`${LIST}deletes: { confirm: 1 }\nexpect: { min_items: 20 }`);
    assert.equal((await site.fail()).failure.message, 'expected at least 20 records, got 7');
  });

  test('caps its pages without a word gives all records all the same', async () => {
    const paginate = 'paginate: { type: page, size_param: n, size: 500 }';
    await using site = await Site.open(`${LIST}${paginate}`, (query) => {
      const size = Math.min(100, Number(query.get('n')));
      const at = (Number(query.get('page')) - 1) * size;
      return { items: rows(250).slice(at, at + size) };
    });
    await site.see();
    assert.equal((await site.keys()).length, 250);
  });

  test('rewrites its file while it is read, half old and half new, is suspect', async () => {
    const file = (version: number) =>
      JSON.stringify({ items: rows(20).map((row) => ({ ...row, v: version })) });
    await using site = await Site.open(LIST, raw(file(1)));
    await site.see();
    const [old, young] = [file(1), file(1000)];
    for (const cut of [10, 57, 300, old.length - 5]) {
      site.answer = raw(young.slice(0, cut) + old.slice(cut));
      const poll = await site.poll();
      // Where the halves happen to fit together, each record is one that the file had.
      if (poll.kind === 'failed') assert.match(poll.failure.code, /^DECODE_/);
      else
        for (const { current } of poll.detected.changes)
          assert.ok([1, 1000].includes((current as { v: number }).v));
      site.answer = raw(young.slice(0, cut));
      assert.equal((await site.fail()).suspect, true);
    }
  });

  test('rewrites a list that is read by pages is not believed in what is missing', async () => {
    const options = `${LIST}deletes: { confirm: 1 }\npaginate: { type: page }`;
    const page = (list: readonly object[], query: URLSearchParams) => {
      const at = (Number(query.get('page')) - 1) * 3;
      return { items: list.slice(at, at + 3) };
    };
    let asked = 0;
    await using site = await Site.open(options, (query) => page(rows(9), query));
    await site.see();
    // The old list for the first page, one without its first three records for the others: 4, 5, 6 are on neither.
    site.answer = (query) => page(asked++ === 0 ? rows(9) : rows(6, 4), query);
    const seen = await site.see();
    assert.deepEqual(told(seen).sort(), ['deleted 1', 'deleted 2', 'deleted 3']);
    assert.deepEqual(await site.keys(), ['4', '5', '6', '7', '8', '9']);
  });

  test('answers HTML where JSON was promised is suspect, and the page is named', async () => {
    await using site = await Site.open(`${LIST}format: json`, () => ({ items: rows(3) }));
    await site.see();
    for (const type of ['text/html', 'application/json']) {
      site.answer = raw('<!doctype html><title>Sign in</title><form action=/login>', type);
      const { failure, suspect } = await site.fail();
      assert.equal(suspect, true);
      assert.match(failure.message, /Sign in/);
    }
    await site.configure(`${LIST}expect: { content_type: application/json }`);
    site.answer = raw('{"items":[]}', 'text/plain');
    assert.equal(
      (await site.fail()).failure.message,
      'expected content type application/json, got "text/plain"',
    );
  });

  test('says that nothing has changed when more is asked of its answer is read again', async () => {
    const tagged: Answer = (_query, request, response) => {
      response.setHeader('etag', '"1"');
      if (request.headers['if-none-match'] === '"1"') return void response.writeHead(304).end();
      return { items: rows(3), total: 7, status: 'done' };
    };
    await using site = await Site.open(LIST, tagged);
    await site.see();
    await site.configure(LIST);
    assert.equal((await site.see()).status, 304);
    for (const expected of ['total: total', 'min_items: 5', 'where: status = "ok"']) {
      await site.configure(`${LIST}expect: { ${expected} }`);
      assert.equal((await site.fail()).suspect, true);
    }
    await site.configure(`${LIST}until: status = "done"`);
    assert.equal(typeof (await site.see()).detected.ending?.finished, 'number');
  });

  test('closes the connection early fails the poll, on a later page too', async () => {
    const good: Answer = (query) => ({ items: rows(2, Number(query.get('page')) * 2 - 1) });
    const early: Answer = (_query, _request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      response.write('{"items":[{"id":1', () => response.destroy());
    };
    const options = `${LIST}timeout: 5s\nmethod: POST\npaginate: { type: page, pages: 3 }`;
    await using site = await Site.open(options, good);
    await site.see();
    site.answer = (...all) => (all[0].get('page') === '2' ? early(...all) : good(...all));
    const { failure, suspect } = await site.fail();
    assert.deepEqual([failure.code, suspect], ['FETCH_TRUNCATED', false]);
    assert.match(failure.message, /^page 2: /);
  });

  test('gives one record two faces on two pages is suspect for as long as it does', async () => {
    const options = `${LIST}paginate: { type: page, pages: 2 }`;
    await using site = await Site.open(options, (query) => ({
      items: [{ id: 1, v: query.get('page') }, { id: Number(query.get('page')) + 1 }],
    }));
    const { failure, suspect } = await site.fail();
    assert.deepEqual([failure.code, suspect, site.asked().length], ['DECODE_DUPLICATE', true, 6]);
  });

  test('repeats the last record of a page on the next one is read as it is', async () => {
    const options = `${LIST}paginate: { type: page }`;
    const list = rows(7);
    await using site = await Site.open(options, (query) => {
      const at = (Number(query.get('page')) - 1) * 2;
      return { items: list.slice(at, at + 3) };
    });
    await site.see();
    assert.equal((await site.keys()).length, 7);
    site.asked();
    await site.see();
    assert.equal(site.asked().length, 4);
  });

  test('declares another total on each page is read again, and then told apart from one that lies', async () => {
    const options = `${LIST}paginate: { type: page }\nexpect: { total: total }`;
    let total = 5;
    await using site = await Site.open(options, (query) => {
      const at = (Number(query.get('page')) - 1) * 3;
      return { items: rows(5).slice(at, at + 3), total: query.get('page') === '1' ? total : 5 };
    });
    await site.see();
    total = 4;
    site.asked();
    await site.see();
    assert.equal((await site.keys()).length, 5);
  });
});
