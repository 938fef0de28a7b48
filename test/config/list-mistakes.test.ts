import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loaded, mistakes, source, URL_LINE } from './files.ts';

const LIST = [URL_LINE, 'items: items', 'key: id'];

mistakes([
  [
    'an unknown kind of pagination',
    source(...LIST, 'paginate: { type: pages }'),
    '6:23 sources.s.paginate.type: ',
  ],
  [
    'pagination without a kind',
    source(...LIST, 'paginate: { param: page }'),
    '6:5 sources.s.paginate.type: missing',
  ],
  [
    'a cursor that says neither where it is nor how it is sent',
    source(...LIST, 'paginate: { type: cursor }'),
    '6:5 sources.s.paginate.path: missing',
    '6:5 sources.s.paginate.param: missing',
  ],
  [
    'an option of another kind',
    source(...LIST, 'paginate: { type: link, param: page }'),
    '6:29 sources.s.paginate.param: unknown key',
  ],
  [
    'a path to many values',
    source(...LIST, 'paginate: { type: next, path: a.*.b }'),
    '6:35 sources.s.paginate.path: this is not a path → this path leads to one value: write it without *',
  ],
  [
    'pages of what is no list',
    source(URL_LINE, 'paginate: { type: page }'),
    '4:15 sources.s.paginate: this needs a list of records → say where the records are and what identifies one: `items: …` and `key: id`',
  ],
  [
    'counts of what is no list',
    source(URL_LINE, 'expect: { min_items: 1, total: total }'),
    '4:26 sources.s.expect.min_items: this needs a list of records',
    '4:36 sources.s.expect.total: this needs a list of records',
  ],
  [
    'a place beside the list of a format that is one',
    source(
      URL_LINE,
      'key: id',
      'format: csv',
      'paginate: { type: next, path: next }',
      'expect: { total: n }',
    ),
    '6:35 sources.s.paginate.path: csv is a list, with nothing beside it → remove it',
    '7:22 sources.s.expect.total: csv is a list, with nothing beside it',
  ],
  [
    'one parameter for two things',
    source(...LIST, 'paginate: { type: page, param: p, size_param: p, size: 5 }'),
    '6:51 sources.s.paginate.size_param: this parameter has two meanings',
  ],
  [
    'a parameter in a text',
    source(...LIST, 'method: POST', 'body: "a=b"', 'paginate: { type: page, inject: body }'),
    '8:15 sources.s.paginate: a text has no room for a parameter → write `body` as a map: `name: value` lines',
  ],
  [
    'a parameter that is no header',
    source(...LIST, 'paginate: { type: page, param: "a b", inject: header }'),
    '6:36 sources.s.paginate.param: this is not the name of a header',
  ],
  [
    'a time format with a part that is not known',
    source(...LIST, 'incremental: { cursor: t, param: since, format: "{yyyy}-{DD}" }'),
    '6:53 sources.s.incremental.format: this template has an unknown placeholder → write iso, epoch, epoch_ms, or a text with {iso}',
  ],
  [
    'a time format with nothing in it',
    source(...LIST, 'incremental: { cursor: t, param: since, format: rfc }'),
    '6:53 sources.s.incremental.format: this is not a time format',
  ],
  [
    'an expectation that is no JSONata',
    source(URL_LINE, 'expect: { where: "status = " }'),
    '4:22 sources.s.expect.where: this is not JSONata',
  ],
  [
    'a status that fails anyway',
    source(URL_LINE, 'expect: { status: 404 }'),
    '4:23 sources.s.expect.status: ',
  ],
]);

test('what is left out has its default', () => {
  const text = source(
    ...LIST,
    'paginate: { type: page, pages: 3 }',
    'incremental: { cursor: t, param: since }',
    'expect: { status: 200, content_type: text/csv }',
  );
  const found = loaded(text).config.sources.get('s');
  assert.deepEqual(found?.paginate, {
    ...{ type: 'page', param: 'page', start: 1, pages: 3, inject: 'query', max_pages: 1000 },
  });
  assert.deepEqual(found?.incremental, {
    ...{
      cursor: 't',
      param: 'since',
      inject: 'query',
      format: 'iso',
      lookback: 300_000,
      full_every: 86_400_000,
    },
  });
  assert.deepEqual(found?.expect, { status: [200], content_type: ['text/csv'] });
});
