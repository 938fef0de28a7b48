import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loaded, mistakes, SOURCES, source, URL_LINE, WEBHOOKS } from './files.ts';

/** A file with one budget on line 2, whose options begin in column 8. */
function budget(options: string): string {
  return `budgets:\n  b: { ${options} }\n${SOURCES}${WEBHOOKS}`;
}

mistakes([
  [
    'a bare number',
    budget('rate: 60'),
    '2:14 budgets.b.rate: expected a rate or a list, found a number → write 60/1m',
  ],
  [
    'a rate without number of units',
    budget('rate: 60/m'),
    '2:14 budgets.b.rate: this is not a rate → a rate is written like 60/1m or 5000/1d',
  ],
  [
    'a rate of words',
    budget('rate: 60 per minute'),
    '2:14 budgets.b.rate: this is not a rate → a rate is written like 60/1m or 5000/1d',
  ],
  ['a rate of nothing', budget('rate: 0/1m'), '2:14 budgets.b.rate: too small'],
  ['a window of nothing', budget('rate: 5/0s'), '2:14 budgets.b.rate: too small'],
  [
    'a window of a year',
    budget('rate: 5/365d'),
    '2:14 budgets.b.rate: too large → the longest window is 31d',
  ],
  ['more than can be', budget('rate: 1000000000/1s'), '2:14 budgets.b.rate: too large'],
  ['an empty list', budget('rate: []'), '2:14 budgets.b.rate: this is empty'],
  [
    'one wrong of several',
    budget('rate: [60/1m, 5000]'),
    '2:22 budgets.b.rate.1: expected a rate, found a number → write 5000/1m',
  ],
  [
    'a burst larger than the rate',
    budget('rate: 60/1m, burst: 61'),
    '2:28 budgets.b.burst: `burst` is larger than the rate → the maximum is 60, as the rate is 60/1m',
  ],
  [
    'a burst of nothing',
    budget('burst: 5'),
    '2:15 budgets.b.burst: `burst` is only for a `rate` → write a `rate` like 60/1m beside it, or remove it',
  ],
  [
    'a reserve that leaves nothing',
    budget('rate: 1/1m, reserve: 10%'),
    '2:29 budgets.b.reserve: the reserve leaves nothing of 1/1m',
  ],
  ['everything reserved', budget('reserve: 100%'), '2:17 budgets.b.reserve: the reserve leaves nothing'],
  [
    'a reserve without unit',
    budget('reserve: 10'),
    '2:17 budgets.b.reserve: expected a ratio, found a number → write 10%',
  ],
  ['nobody may ask', budget('concurrency: 0'), '2:21 budgets.b.concurrency: too small → the minimum is 1'],
  [
    'headers that tell nothing',
    budget('headers: { limit: X-Limit, reset: X-Reset }'),
    '2:17 budgets.b.headers: no header states how many requests are left → name the header of `remaining`, or those of `used` and `limit`',
  ],
  [
    'a header name with a colon',
    budget('headers: { remaining: "X:" }'),
    '2:30 budgets.b.headers.remaining: this is not a header name',
  ],
  ['headers: true', budget('headers: true'), '2:17 budgets.b.headers: expected auto, false or a map'],
  ['an unknown option', budget('rates: 60/1m'), '2:8 budgets.b.rates: unknown key → did you mean `rate`?'],
  ['a budget that is a rate', `budgets:\n  b: 60/1m\n${SOURCES}${WEBHOOKS}`, '2:6 budgets.b: expected a map'],
  [
    'a bad name',
    `budgets:\n  "a b": { }\n${SOURCES}${WEBHOOKS}`,
    '2:3 budgets.a b: this name cannot be used',
  ],
  [
    'an unknown budget',
    `budgets: { desk: { } }\n${source(URL_LINE, 'budget: dek')}`,
    '5:13 sources.s.budget: there is no budget named `dek` → did you mean `desk`?',
  ],
  [
    'no budget at all',
    source(URL_LINE, 'budget: desk'),
    '4:13 sources.s.budget: there is no budget named `desk` → write it under the top-level `budgets`',
  ],
]);

function budgetOf(options: string) {
  return loaded(budget(options)).config.budgets.get('b');
}

test('a budget: a tenth of the rate at once, four at the same time, nothing in reserve', () => {
  assert.deepEqual(budgetOf('rate: 60/1m'), {
    name: 'b',
    limits: [{ count: 60, window: 60_000, burst: 6 }],
    concurrency: 4,
    reserve: 0,
    headers: 'auto',
  });
});

test('a budget: several rates, the shortest first; the burst is for that one', () => {
  assert.deepEqual(budgetOf('rate: [5000/1d, 60/1m], burst: 20')?.limits, [
    { count: 60, window: 60_000, burst: 20 },
    { count: 5000, window: 86_400_000, burst: 500 },
  ]);
});

test('a budget: the reserve comes off, and a burst is never more than what is left', () => {
  assert.deepEqual(budgetOf('rate: 100/1m, reserve: 30%, burst: 90')?.limits, [
    { count: 70, window: 60_000, burst: 70 },
  ]);
  assert.equal(budgetOf('rate: 3/1m, reserve: 10%')?.limits[0]?.count, 2);
});

test('a source has the budget that it names, through the defaults too', () => {
  const file = `budgets: { b: { rate: 10/1s } }\ndefaults: { source: { budget: b } }\n${SOURCES}${WEBHOOKS}`;
  const { config } = loaded(file);
  assert.equal(config.sources.get('s')?.budget, config.budgets.get('b'));
  assert.equal(loaded(SOURCES + WEBHOOKS).config.sources.get('s')?.budget, null);
});
