import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { WakeableSleep } from '../../src/deliver/wakeable-sleep.ts';
import { FakeClock, until } from '../fake-clock.ts';

/** Begins to sleep; says whether that is over. */
function begin(sleep: WakeableSleep, ms: number | null) {
  const state = { over: false };
  const done = sleep.sleep(ms).then(() => {
    state.over = true;
  });
  return { state, done };
}

describe('a sleep that can be ended', () => {
  test('ends when its time is over, and not before', async () => {
    const clock = new FakeClock();
    const { state, done } = begin(new WakeableSleep(clock), 1000);
    await clock.advance(999);
    assert.equal(state.over, false);
    await clock.advance(1);
    await done;
  });

  for (const ms of [1000, null]) {
    test(`${ms} ms: ends when it is woken`, async () => {
      const clock = new FakeClock();
      const sleep = new WakeableSleep(clock);
      const { done } = begin(sleep, ms);
      sleep.wake();
      await done;
      assert.equal(clock.sleeping, 0);
    });

    test(`${ms} ms: does not begin when it was woken before`, async () => {
      const sleep = new WakeableSleep(new FakeClock());
      sleep.wake();
      await sleep.sleep(ms);
    });
  }

  test('begins again after a reset', async () => {
    const clock = new FakeClock();
    const sleep = new WakeableSleep(clock);
    sleep.wake();
    sleep.reset();
    const { done } = begin(sleep, 1000);
    await until(() => clock.sleeping === 1, 'it sleeps');
    await clock.advance(1000);
    await done;
  });
});
