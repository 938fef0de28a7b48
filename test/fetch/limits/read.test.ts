import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { consequences, describeReading } from '../../../src/fetch/limits/describe.ts';
import { isLimited } from '../../../src/fetch/limits/limited.ts';
import { limitsOf, NO_LIMITS } from '../../../src/fetch/limits/limits.ts';
import { type Reading, readLimits } from '../../../src/fetch/limits/read.ts';
import type { LimitReport } from '../../../src/fetch/limits/report.ts';
import type { AnswerHeaders as Headers } from '../../../src/lib/http/header.ts';
import { cpuTime } from '../../cpu-time.ts';
import { EXAMPLES, NOW } from './table.ts';

function limits(headers: Headers) {
  return limitsOf(readLimits(headers, 'auto', NOW));
}

function reportOf(readings: readonly Reading[], limited: boolean): LimitReport {
  const limits = limitsOf(readings);
  const { retryAfter, allowances } = limits;
  return { answered: { kind: 'answer', limited, retryAfter, allowances }, limits, readings };
}

for (const { server, headers, ...example } of EXAMPLES) {
  test(`rate-limit headers of ${server}`, () => {
    const { allowances, retryAfter, floor } = limits(headers);
    const rows = allowances.map((one) => [one.name, one.remaining, one.limit, one.reset, one.window]);
    assert.deepEqual(rows, example.allowances ?? []);
    assert.equal(retryAfter, example.retryAfter ?? null);
    assert.equal(floor, example.floor ?? null);
    const limited = isLimited(example.status ?? 200, limits(headers), example.body ?? null);
    assert.equal(limited, example.limited ?? false);
  });
}

test('the table has at least 40 examples', () => assert.ok(EXAMPLES.length >= 40));

const IGNORED: readonly [name: string, headers: Headers][] = [
  ['no such headers', { 'content-type': 'application/json', 'x-request-id': '17', etag: '"limit"' }],
  ['a page size', { 'x-pagination-limit': '20', 'x-total-count': '17' }],
  [
    'a negative number, which means "none" to some and "no limit" to others',
    { 'x-ratelimit-remaining': '-1' },
  ],
  ['words', { 'x-ratelimit-remaining': 'unlimited', 'x-ratelimit-limit': 'none' }],
  ['an exponent', { 'x-ratelimit-remaining': '1e3' }],
  ['nothing', { 'x-ratelimit-remaining': '' }],
  ['half a structured field', { ratelimit: '"default";r=' }],
  ['an open quote', { ratelimit: '"default;r=5;t=3' }],
  ['a reset alone', { 'x-ratelimit-reset': '30' }],
  ['bytes', { 'ratelimit-policy': '"peruser";q=65535;qu="content-bytes";w=10' }],
  ['tokens', { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-limit-tokens': '100' }],
];

for (const [name, headers] of IGNORED) {
  test(`not a limit: ${name}`, () => {
    assert.deepEqual(limits(headers), { ...NO_LIMITS, allowances: [] });
  });
}

test('what cannot be read does not hide what can', () => {
  const { allowances } = limits({
    'x-ratelimit-limit': '?',
    'x-ratelimit-remaining': '5',
    'x-ratelimit-reset': 'soon',
  });
  assert.deepEqual(allowances, [{ name: '', limit: null, remaining: 5, reset: null, window: null }]);
});

const RESETS: readonly [
  name: string,
  header: string,
  value: string,
  date: string | undefined,
  expected: number | null,
][] = [
  ['seconds', 'x-ratelimit-reset', '30', undefined, 30_000],
  ['seconds with decimals', 'x-ratelimit-reset', '0.25', undefined, 250],
  ['Unix time', 'x-ratelimit-reset', '1795253430', undefined, 30_000],
  ['Unix time in milliseconds', 'x-ratelimit-reset', '1795253430500', undefined, 30_500],
  ['Unix time that is over', 'x-ratelimit-reset', '1795253300', undefined, 0],
  ['milliseconds by name', 'x-ratelimit-reset-ms', '1500', undefined, 1500],
  ['milliseconds by name, as Unix time', 'x-ratelimit-reset-ms', '1795253430000', undefined, 30_000],
  ['ISO 8601', 'x-ratelimit-reset', '2026-11-21T09:30:30Z', undefined, 30_000],
  ['ISO 8601 of another zone', 'x-ratelimit-reset', '2026-11-21T10:30:30+01:00', undefined, 30_000],
  ['ISO 8601 without a zone', 'x-ratelimit-reset', '2026-11-21 09:30:30', undefined, 30_000],
  ['an HTTP date', 'x-ratelimit-reset', 'Sat, 21 Nov 2026 09:30:30 GMT', undefined, 30_000],
  ['a duration', 'x-ratelimit-reset', '1m30s', undefined, 90_000],
  ['a clock a year behind', 'x-ratelimit-reset', '1763717430', 'Fri, 21 Nov 2025 09:30:00 GMT', 30_000],
  ['seconds beside a wrong clock', 'x-ratelimit-reset', '30', 'Fri, 21 Nov 2025 09:30:00 GMT', 30_000],
  ['more than a year ahead', 'x-ratelimit-reset', '1895253430', undefined, null],
  ['endless digits', 'x-ratelimit-reset', '9'.repeat(400), undefined, null],
  ['a day that does not exist', 'x-ratelimit-reset', '2026-13-41T09:30:30Z', undefined, null],
];

for (const [name, header, value, date, expected] of RESETS) {
  test(`when a limit is reset: ${name}`, () => {
    const { allowances } = limits({ 'x-ratelimit-remaining': '5', [header]: value, ...(date && { date }) });
    assert.equal(allowances[0]?.reset, expected);
  });
}

test('said twice: the stricter counts', () => {
  const { allowances } = limits({
    'x-ratelimit-remaining': '9',
    'ratelimit-remaining': '3',
    'ratelimit-reset': ['5', '7'],
  });
  assert.equal(allowances[0]?.remaining, 3);
  assert.equal(limits({ 'retry-after': '5', 'retry-after-ms': '9000' }).retryAfter, 5000);
});

const NAMES = { remaining: 'X-Calls-Left', limit: 'X-Calls', reset: 'X-Next', reset_unit: 'auto' } as const;

function read(headers: Headers, names: Parameters<typeof readLimits>[1]) {
  return limitsOf(readLimits(headers, names, NOW));
}

test('headers that the configuration names are read, and no others', () => {
  const headers = { 'x-calls-left': '3', 'x-calls': '10', 'x-next': '30', 'x-ratelimit-remaining': '0' };
  const expected = { name: '', limit: 10, remaining: 3, reset: 30_000, window: null };
  assert.deepEqual(read(headers, NAMES).allowances, [expected]);
  const minutes = read(headers, { ...NAMES, reset_unit: 'milliseconds', window: 3_600_000 });
  assert.deepEqual(minutes.allowances, [{ ...expected, reset: 30, window: 3_600_000 }]);
});

test('a unit that the configuration names is not guessed', () => {
  const at = (value: string, unit: 'seconds' | 'milliseconds' | 'epoch' | 'epoch_ms') =>
    read({ 'x-calls-left': '3', 'x-next': value }, { ...NAMES, reset_unit: unit }).allowances[0]?.reset;
  assert.equal(at('3600', 'seconds'), 3_600_000);
  assert.equal(at('3600', 'milliseconds'), 3600);
  assert.equal(at('1795253430', 'epoch'), 30_000);
  assert.equal(at('1795253430500', 'epoch_ms'), 30_500);
});

test('headers: false leaves only Retry-After', () => {
  const headers = { 'x-ratelimit-remaining': '0', 'x-poll-interval': '60', 'retry-after': '5' };
  assert.deepEqual(read(headers, false), { ...NO_LIMITS, retryAfter: 5000 });
  assert.equal(read({ 'retry-after': '5' }, NAMES).retryAfter, 5000);
});

test('403: only with evidence', () => {
  const refused = (headers: Headers, body: string | null = null) => isLimited(403, limits(headers), body);
  assert.ok(!refused({}));
  assert.ok(!refused({ 'x-ratelimit-remaining': '5' }, '{"error": "you may not read this"}'));
  assert.ok(refused({ 'retry-after': '5' }));
  assert.ok(refused({ 'x-ratelimit-remaining': '0' }));
  assert.ok(refused({ 'ratelimit-reason': 'jira-burst-based' }));
  assert.ok(refused({}, 'Quota exceeded for this key'));
  assert.ok(isLimited(420, NO_LIMITS, null));
  assert.ok(!isLimited(401, limits({ 'x-ratelimit-remaining': '0', 'retry-after': '5' }), 'rate limit'));
  assert.ok(!isLimited(503, limits({ 'x-ratelimit-remaining': '0' }), 'rate limit'));
});

test('each header is explained, and what follows', () => {
  const headers = {
    'x-ratelimit-limit': '100',
    'x-ratelimit-remaining': '20',
    'x-ratelimit-reset': '1795253460',
    'x-poll-interval': '90',
    'x-ratelimit-reset-tokens': 'whenever',
    'x-ratelimit-bucket': 'a',
    'retry-after': 'soon',
  };
  const readings = readLimits(headers, 'auto', NOW);
  assert.deepEqual(
    readings.map((reading) => `${reading.header}: ${describeReading(reading)}`),
    [
      'x-ratelimit-limit: the limit is 100 requests',
      'x-ratelimit-remaining: 20 requests left',
      'x-ratelimit-reset: the limit is reset in 1m (read as Unix time)',
      'x-poll-interval: polls are wanted no closer than 1m30s',
      'x-ratelimit-reset-tokens: not counted in requests: ignored',
      'x-ratelimit-bucket: names or describes a limit: ignored',
      'retry-after: cannot be read: ignored',
    ],
  );
  assert.deepEqual(consequences(reportOf(readings, false)), [
    '20 of 100 left: spread over 1m, one request in 3s',
    'the next poll is at least 1m30s after this one',
  ]);
});

const NAME_PARTS = [
  'x',
  'rate',
  'limit',
  'ratelimit',
  'quota',
  'remaining',
  'reset',
  'used',
  'policy',
  'ms',
  'day',
  'retry',
  'after',
];
const headerNames = fc.oneof(
  fc.array(fc.constantFrom(...NAME_PARTS), { minLength: 1, maxLength: 6 }).map((parts) => parts.join('-')),
  fc.constantFrom(
    'retry-after',
    'ratelimit',
    'x-poll-interval',
    'sforce-limit-info',
    '__proto__',
    'constructor',
  ),
  fc.string(),
);
const PIECES = [
  '"',
  ';',
  ',',
  '=',
  '/',
  ':',
  'r',
  'q',
  'w',
  't',
  'limit=',
  'a',
  ' ',
  '-',
  '.',
  '0',
  '17',
  '1795253430',
  '9'.repeat(30),
];
const headerValues = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 30 }).map((parts) => parts.join('')),
  fc.string(),
);

test('rubbish never throws, and what comes of it is sane', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(headerNames, headerValues)), (pairs) => {
      const headers = Object.fromEntries(pairs);
      const readings = readLimits(headers, 'auto', NOW);
      const found = limitsOf(readings);
      for (const reading of readings) assert.ok(describeReading(reading).length > 0);
      assert.ok(consequences(reportOf(readings, true)).length > 0);
      const sane = (value: number | null) =>
        value === null || (value >= 0 && value < Number.POSITIVE_INFINITY);
      for (const { limit, remaining, reset, window } of found.allowances)
        assert.ok([limit, remaining, reset, window].every(sane));
      assert.ok(sane(found.retryAfter) && sane(found.floor));
    }),
    { numRuns: 2000 },
  );
});

test('a long value takes no long time', () => {
  for (const piece of ['1,', '";', '"a";r=1;', 'a=1;', '1;w=', '9']) {
    const value = piece.repeat(16_384 / piece.length);
    const took = cpuTime(() => {
      for (const name of ['ratelimit', 'x-ratelimit-limit', 'x-ratelimit-reset', 'retry-after'])
        limits({ [name]: value });
    });
    assert.ok(took < 200, piece);
  }
});
