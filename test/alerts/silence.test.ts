import assert from 'node:assert/strict';
import { test } from 'node:test';
import { watchSilence } from '../../src/alerts/silence.ts';
import type { SourceConfig } from '../../src/config/document.ts';
import { HOURS, MINUTES, SECONDS } from '../deliver/fixtures.ts';
import { FakeClock } from '../fake-clock.ts';
import { failed, polled } from './fixtures.ts';

const source = (settings: Partial<SourceConfig> = {}) =>
  ({ name: 'tickets', schedule: { every: 30 * SECONDS }, ...settings }) as SourceConfig;

function watching() {
  const clock = new FakeClock();
  const stop = new AbortController();
  const told: [string, number, number | null][] = [];
  const start = clock.now();
  const watch = watchSilence({
    clock,
    signal: stop.signal,
    stale: (name, since) => told.push([name, clock.now() - start, since === null ? null : since - start]),
    tick: () => undefined,
    onError: (error) => assert.fail(String(error)),
  });
  return { clock, watch, told, start, stop };
}

const note = (succeeded: number | null) => ({
  polled: succeeded ?? 0,
  succeeded,
  failures: 0,
  notBefore: 0,
  error: null,
});

test('a source is stale when ten polls that were due did not succeed, once', async () => {
  const { clock, watch, told, start } = watching();
  watch.add(source(), note(start));
  await clock.advance(2 * MINUTES);
  watch.observePoll(failed(1, { at: clock.now() }));
  watch.observePoll(polled({ result: 'suspect', at: clock.now() }));
  await clock.advance(3 * MINUTES - 1);
  assert.deepEqual(told, []);
  await clock.advance(1);
  assert.deepEqual(told, [['tickets', 5 * MINUTES, 0]]);
  await clock.advance(HOURS);
  assert.equal(told.length, 1);
  watch.observePoll(polled({ at: clock.now() }));
  await clock.advance(5 * MINUTES + 30 * SECONDS);
  assert.equal(told.length, 2, 'another silence');
});

test('a source that succeeds is never stale', async () => {
  const { clock, watch, told, start } = watching();
  watch.add(source({ stale_after: 20 * SECONDS }), note(start));
  for (let at = 0; at < 20; at += 1) {
    await clock.advance(15 * SECONDS);
    watch.observePoll(polled({ at: clock.now() }));
  }
  assert.deepEqual(told, []);
  await clock.advance(20 * SECONDS);
  assert.equal(told.length, 1, '`stale_after` is kept to the second');
});

test('what is to be watched from now on is looked at in time, whatever the watch waits for', async () => {
  const { clock, watch, told } = watching();
  await clock.advance(SECONDS);
  watch.add(source({ stale_after: 2 * SECONDS }), null);
  await clock.advance(2 * SECONDS);
  assert.deepEqual(told, [['tickets', 3 * SECONDS, null]]);
  watch.observePoll(polled({ at: clock.now() }));
  await clock.advance(2 * SECONDS);
  assert.equal(told.length, 2);
  watch.add(source({ name: 'orders', schedule: { every: SECONDS } }), null);
  await clock.advance(10 * SECONDS);
  assert.deepEqual(told[2], ['orders', 15 * SECONDS, null], 'ten times the interval');
});

test('the time that the daemon was down is not held against a source at once', async () => {
  const { clock, watch, told, start } = watching();
  watch.add(source(), note(start - 24 * HOURS));
  await clock.advance(59 * SECONDS);
  assert.deepEqual(told, []);
  await clock.advance(SECONDS);
  assert.deepEqual(told, [['tickets', MINUTES, -24 * HOURS]]);
});

test('a source that never worked is stale some time after the start', async () => {
  const { clock, watch, told } = watching();
  watch.add(source(), null);
  await clock.advance(5 * MINUTES);
  assert.deepEqual(told, [['tickets', 5 * MINUTES, null]]);
});

test('short intervals are not stale over one slow answer', async () => {
  const { clock, watch, told, start } = watching();
  watch.add(source({ schedule: { every: 100 } }), note(start));
  await clock.advance(10 * SECONDS - 1);
  assert.deepEqual(told, []);
});

test('by a cron, weekends are not counted', async () => {
  // A Saturday: the tenth working day after it is a Friday.
  const { clock, watch, told, start } = watching();
  assert.equal(new Date(start).getUTCDay(), 6);
  watch.add(source({ schedule: { cron: '0 9 * * MON-FRI', timezone: 'UTC' } }), note(start));
  await clock.advance(13 * 24 * HOURS - HOURS);
  assert.deepEqual(told, []);
  await clock.advance(HOURS);
  assert.equal(told.length, 1);
});

test('one that is removed is not watched', async () => {
  const { clock, watch, told, start, stop } = watching();
  watch.add(source(), note(start));
  watch.remove('tickets');
  await clock.advance(HOURS);
  assert.deepEqual(told, []);
  stop.abort();
  await watch.done;
  assert.equal(clock.sleeping, 0);
});
