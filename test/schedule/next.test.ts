import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Schedule } from '../../src/config/document.ts';
import { nextRun } from '../../src/schedule/next.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.parse('2026-11-21T09:30:00.000Z');
const BACKOFF = { first: 5 * SECOND, factor: 2, max: 15 * MINUTE };
const SHARE = { weight: 1, budget: null };

/** When the next poll is due, counted from now. */
function ahead(
  schedule: Schedule,
  note: { ago: number; took?: number; failures?: number; pause?: number; refused?: true } | null,
  chance = 0,
  backoff = BACKOFF,
): number {
  const past = note && {
    polled: NOW - note.ago,
    failures: note.failures ?? 0,
    ...(note.took !== undefined && { failed: NOW - note.ago + note.took }),
    notBefore: note.pause ? NOW + note.pause : 0,
    ...(note.refused && { refused: note.refused }),
  };
  return nextRun({ schedule, backoff, ...SHARE }, past, chance, NOW) - NOW;
}

const hourly = { every: HOUR };
const fast = { every: 100 };
const nightly = { cron: '0 2 * * *', timezone: 'UTC' };

const cases: [name: string, schedule: Schedule, note: Parameters<typeof ahead>[1], expected: number][] = [
  ['never polled: at once', hourly, null, 0],
  ['never polled, by cron: at once', nightly, null, 0],
  ['the interval counts from the start of the last poll', hourly, { ago: 20 * MINUTE }, 40 * MINUTE],
  ['one missed run is due since then', hourly, { ago: 61 * MINUTE }, -MINUTE],
  ['the cron counts from the last poll', nightly, { ago: HOUR }, 16.5 * HOUR],
  ['a missed cron is due since then', nightly, { ago: 8 * HOUR }, -7.5 * HOUR],
  ['back-off stretches a short interval', fast, { ago: 0, failures: 1 }, 5 * SECOND],
  ['back-off counts from the end', fast, { ago: 31 * SECOND, took: 30 * SECOND, failures: 1 }, 4 * SECOND],
  ['back-off grows', fast, { ago: 0, failures: 4 }, 40 * SECOND],
  ['back-off is capped', fast, { ago: 0, failures: 20 }, 15 * MINUTE],
  ['back-off is capped after any number of failures', fast, { ago: 0, failures: 1e9 }, 15 * MINUTE],
  ['a failed hourly poll is tried again in seconds', hourly, { ago: 0, failures: 1 }, 5 * SECOND],
  ['a failed nightly poll is tried again in seconds', nightly, { ago: 0, failures: 1 }, 5 * SECOND],
  ['refused credentials wait longest at once', fast, { ago: 0, failures: 1, refused: true }, 15 * MINUTE],
  ['refused credentials, nightly: as long', nightly, { ago: 0, failures: 1, refused: true }, 15 * MINUTE],
  ['a pause outlasts the interval', fast, { ago: 0, pause: 10 * SECOND }, 10 * SECOND],
  ['a pause outlasts the back-off', fast, { ago: 0, failures: 1, pause: HOUR }, HOUR],
  ['a pause outlasts a run that was missed', hourly, { ago: DAY, pause: MINUTE }, MINUTE],
  ['a short pause changes nothing', hourly, { ago: 0, pause: MINUTE }, HOUR],
  ['a pause of a day is obeyed', fast, { ago: 0, pause: DAY }, DAY],
  ['a pause beyond a day is from before the clock was set back', fast, { ago: 0, pause: DAY + 1 }, 100],
  ['the clock set back by less than the interval', hourly, { ago: -MINUTE }, 61 * MINUTE],
  ['the clock set back by more than the interval: at once', hourly, { ago: -HOUR - 1 }, 0],
  ['the clock set back by more than the back-off: at once', hourly, { ago: -MINUTE, failures: 1 }, 0],
  ['the clock corrected a little, by cron', nightly, { ago: -SECOND }, 16.5 * HOUR],
  ['the clock set back, by cron: at once', nightly, { ago: -DAY }, 0],
  ['the clock set back during a pause', hourly, { ago: -DAY, pause: MINUTE }, MINUTE],
  [
    'a cron that names no day never is',
    { cron: '0 0 30 2 *', timezone: 'UTC' },
    { ago: 0 },
    Number.POSITIVE_INFINITY,
  ],
  ['seconds in a cron', { cron: '*/15 * * * * *', timezone: 'UTC' }, { ago: 0 }, 15 * SECOND],
];

test('refused credentials wait longest also where waits do not grow', () => {
  const backoff = { ...BACKOFF, factor: 1 };
  assert.equal(ahead(fast, { ago: 0, failures: 1, refused: true }, 0, backoff), 15 * MINUTE);
  assert.equal(ahead(fast, { ago: 0, failures: 9 }, 0, backoff), 5 * SECOND);
});

for (const [name, schedule, note, expected] of cases) {
  test(`next run: ${name}`, () => assert.equal(ahead(schedule, note), expected));
}

test('next run: jitter adds up to a tenth to a back-off, and nothing to a schedule', () => {
  assert.equal(ahead(fast, { ago: 0, failures: 1 }, 0.5), 5250);
  assert.equal(ahead(hourly, { ago: 0 }, 0.5), HOUR);
  assert.equal(ahead(nightly, { ago: HOUR }, 0.5), 16.5 * HOUR);
});

/** All runs of a cron that is polled as soon as it is due. */
function runs(schedule: Schedule, from: string, to: string): string[] {
  const times: string[] = [];
  let polled = Date.parse(from);
  for (;;) {
    polled = nextRun(
      { schedule, backoff: BACKOFF, ...SHARE },
      { polled, failures: 0, notBefore: 0 },
      0,
      polled,
    );
    if (polled > Date.parse(to)) return times;
    times.push(new Date(polled).toISOString().replace(':00.000Z', ''));
  }
}

// Berlin: 2026-03-29 02:00 becomes 03:00, 2026-10-25 03:00 becomes 02:00.
const berlin = (cron: string) => ({ cron, timezone: 'Europe/Berlin' });
const changes: [name: string, schedule: Schedule, from: string, to: string, expected: string[]][] = [
  [
    'a time that the spring skips runs once, when the gap ends',
    berlin('30 2 * * *'),
    '2026-03-28T12:00Z',
    '2026-03-30T12:00Z',
    ['2026-03-29T01:00', '2026-03-30T00:30'],
  ],
  [
    'a time that the autumn has twice runs once',
    berlin('30 2 * * *'),
    '2026-10-24T12:00Z',
    '2026-10-26T12:00Z',
    ['2026-10-25T00:30', '2026-10-26T01:30'],
  ],
  [
    'every hour runs every hour in spring',
    berlin('0 * * * *'),
    '2026-03-28T23:30Z',
    '2026-03-29T02:30Z',
    ['2026-03-29T00:00', '2026-03-29T01:00', '2026-03-29T02:00'],
  ],
  [
    'every hour runs in both of the hours that the autumn has twice',
    berlin('0 * * * *'),
    '2026-10-24T23:30Z',
    '2026-10-25T02:30Z',
    ['2026-10-25T00:00', '2026-10-25T01:00', '2026-10-25T02:00'],
  ],
  [
    'where the clock changes by half an hour, every quarter of an hour stays one',
    { cron: '*/15 * * * *', timezone: 'Australia/Lord_Howe' },
    '2026-04-04T14:40Z',
    '2026-04-04T15:20Z',
    ['2026-04-04T14:45', '2026-04-04T15:00', '2026-04-04T15:15'],
  ],
  [
    'the same for a zone that is half an hour off, and has no summer time',
    { cron: '30 9 * * *', timezone: 'Asia/Kolkata' },
    '2026-10-24T00:00Z',
    '2026-10-26T00:00Z',
    ['2026-10-24T04:00', '2026-10-25T04:00'],
  ],
];

for (const [name, schedule, from, to, expected] of changes) {
  test(`daylight saving: ${name}`, () => assert.deepEqual(runs(schedule, from, to), expected));
}

const schedules = fc.oneof(
  fc.integer({ min: 100, max: 7 * DAY }).map((every) => ({ every })),
  fc.constantFrom(nightly, berlin('*/7 * * * *'), berlin('30 2 * * *'), berlin('0 0 1 * *')),
);
const notes = fc.record({
  polled: fc.integer({ min: NOW - 400 * DAY, max: NOW }),
  failures: fc.nat(50),
  notBefore: fc.oneof(fc.constant(0), fc.integer({ min: NOW - DAY, max: NOW + DAY })),
});
const chances = fc.double({ min: 0, max: 0.999, noNaN: true });

test('next run: always after the last, never before a pause is over, and the same when asked again', () => {
  fc.assert(
    fc.property(schedules, notes, chances, (schedule, note, chance) => {
      const due = nextRun({ schedule, backoff: BACKOFF, ...SHARE }, note, chance, NOW);
      assert.ok(due > note.polled);
      assert.ok(due >= note.notBefore);
      assert.equal(
        nextRun({ schedule, backoff: BACKOFF, ...SHARE }, note, chance, Math.max(NOW, due - 1)),
        due,
      );
    }),
  );
});

test('next run: what was missed is made up for once, then the schedule goes on in the future', () => {
  fc.assert(
    fc.property(schedules, notes, (schedule, { polled }) => {
      const source = { schedule, backoff: BACKOFF, ...SHARE };
      const first = nextRun(source, { polled, failures: 0, notBefore: 0 }, 0, NOW);
      const start = Math.max(first, NOW);
      assert.ok(nextRun(source, { polled: start, failures: 0, notBefore: 0 }, 0, start) > start);
    }),
  );
});

test('next run: wherever the clock is set, nobody waits longer than two intervals or a pause', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 100, max: DAY }),
      fc.integer({ min: -400 * DAY, max: 400 * DAY }),
      fc.nat(20),
      (every, shift, failures) => {
        const note = { polled: NOW + shift, failures, notBefore: NOW + shift + HOUR };
        const due = nextRun({ schedule: { every }, backoff: BACKOFF, ...SHARE }, note, 0, NOW);
        const longest = failures > 0 ? BACKOFF.max : every;
        assert.ok(due - NOW <= Math.max(2 * longest, DAY));
      },
    ),
  );
});
