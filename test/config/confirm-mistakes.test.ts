import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loaded, mistakes, source, URL_LINE } from './files.ts';

const LIST = ['items: items', 'key: id'];

mistakes([
  ['no confirmation', source(URL_LINE, 'confirm: 0'), '4:14 sources.s.confirm: too small → the minimum is 1'],
  [
    'confirmation of something else',
    source(URL_LINE, 'confirm: often'),
    '4:14 sources.s.confirm: expected a whole number or a map, found text',
  ],
  [
    'two sides without what divides them',
    source(URL_LINE, 'confirm: { enter: 3, leave: 2 }'),
    '4:5 sources.s.confirm.when: missing',
  ],
  [
    'a division that is no JSONata',
    source(URL_LINE, 'confirm: { enter: 3, when: state == "down" }'),
    '4:32 sources.s.confirm.when: this is not JSONata at character 8: ',
  ],
  [
    'tolerances that are none',
    source(URL_LINE, 'tolerance: { a: 0, b: -1, c: 0%, d: much, e: 1 %, f: [1] }'),
    '4:21 sources.s.tolerance.a: a tolerance is more than 0 → a tolerance is written like 0.5 or 1%',
    '4:27 sources.s.tolerance.b: a tolerance is more than 0',
    '4:34 sources.s.tolerance.c: a tolerance is more than 0',
    '4:41 sources.s.tolerance.d: this is not a percentage → a tolerance is written like 0.5 or 1%',
    '4:50 sources.s.tolerance.e: this is not a percentage',
    '4:58 sources.s.tolerance.f: expected a number or a percentage, found a list',
  ],
  [
    'a tolerance without a path',
    source(URL_LINE, 'tolerance: { "a..b": 1 }'),
    '4:18 sources.s.tolerance.a..b: this key cannot be used → a path is written like a.b or list.*.c',
  ],
  [
    'a tolerance for what has no place',
    source(URL_LINE, ...LIST, 'unordered: [bids]', 'tolerance: { bids.*.price: 1, other: 1 }'),
    '7:18 sources.s.tolerance.bids.*.price: the list `bids` is unordered: nothing says which value was which → remove this tolerance, or `bids` from `unordered`',
  ],
  [
    'an end that is no JSONata',
    source(URL_LINE, 'until: status =='),
    '4:12 sources.s.until: this is not JSONata at character 9: ',
  ],
]);

test('the options that calm have defaults', () => {
  const { config } = loaded(source(URL_LINE));
  const { confirm, tolerance, until } = config.sources.get('s') ?? {};
  assert.deepEqual([confirm, tolerance, until], [{ enter: 1, leave: 1, when: null }, [], undefined]);
});

test('tolerances are exact', () => {
  const { config } = loaded(source(URL_LINE, 'tolerance: { a: 0.1, b: 1.50%, c: 1e-7, d: 20 }'));
  assert.deepEqual(
    config.sources
      .get('s')
      ?.tolerance.map(
        ({ path, amount: { digits, scale }, percent }) => `${path} ${digits}/${scale} ${percent}`,
      ),
    ['a 1/1 false', 'b 150/2 true', 'c 1/7 false', 'd 20/0 false'],
  );
});

test('two sides have defaults', () => {
  const { config } = loaded(source(URL_LINE, 'confirm: { enter: 3, when: a = 1 }'));
  assert.deepEqual(config.sources.get('s')?.confirm, { enter: 3, leave: 1, when: 'a = 1' });
});
