import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type LoopOptions, runLoop } from '../../src/schedule/loop.ts';
import { FakeClock } from '../fake-clock.ts';

/** A loop that is due every `every` ms after it last began, and what it did. */
function looping(
  t: TestContext,
  { every = 1000, work = async () => {} }: { every?: number; work?: LoopOptions['work'] } = {},
) {
  const clock = new FakeClock();
  const controller = new AbortController();
  const began = clock.now();
  const seen = {
    clock,
    controller,
    every,
    last: began,
    /** When work began, counted from the start. */
    starts: [] as number[],
    errors: [] as unknown[],
    loop: undefined as unknown as ReturnType<typeof runLoop>,
  };
  seen.loop = runLoop({
    clock,
    signal: controller.signal,
    next: () => seen.last + seen.every,
    work: (signal) => {
      seen.last = clock.now();
      seen.starts.push(seen.last - began);
      return work(signal);
    },
    onError: (error) => seen.errors.push(error),
  });
  t.after(async () => {
    controller.abort();
    await clock.advance(0);
  });
  return seen;
}

test('loop: works whenever it is due', async (t) => {
  const { clock, starts } = looping(t);
  await clock.advance(3500);
  assert.deepEqual(starts, [1000, 2000, 3000]);
});

test('loop: never twice at once, and what was missed meanwhile is made up for once', async (t) => {
  const slow: { clock?: FakeClock; running: number; most: number } = { running: 0, most: 0 };
  const { clock, starts } = looping(t, {
    work: async () => {
      slow.running += 1;
      slow.most = Math.max(slow.most, slow.running);
      await slow.clock?.sleep(3500);
      slow.running -= 1;
    },
  });
  slow.clock = clock;
  await clock.advance(9000);
  assert.deepEqual(starts, [1000, 4500, 8000]);
  assert.equal(slow.most, 1);
});

test('loop: goes on after work that throws, a second later at the earliest', async (t) => {
  const { clock, starts, errors } = looping(t, {
    every: 0,
    work: async () => Promise.reject(new Error('broken')),
  });
  await clock.advance(2500);
  assert.deepEqual(starts, [0, 1000, 2000]);
  assert.equal(errors.length, 3);
});

test('loop: survives work that throws at once', async (t) => {
  const { clock, errors } = looping(t, {
    work: () => {
      throw new Error('broken');
    },
  });
  await clock.advance(5000);
  assert.ok(errors.length >= 2);
});

test('loop: a poke makes it work now, and the schedule counts from there', async (t) => {
  const { clock, starts, loop } = looping(t, { every: 10_000 });
  await clock.advance(4000);
  loop.poke();
  await clock.advance(11_000);
  assert.deepEqual(starts, [4000, 14_000]);
});

test('loop: a poke during work makes it work once more', async (t) => {
  const gate = Promise.withResolvers<void>();
  const { clock, starts, loop } = looping(t, { work: () => gate.promise });
  await clock.advance(1000);
  loop.poke();
  loop.poke();
  await clock.advance(500);
  assert.deepEqual(starts, [1000]);
  gate.resolve();
  await clock.advance(0);
  assert.deepEqual(starts, [1000, 1500]);
});

test('loop: Infinity waits for a poke', async (t) => {
  const { clock, starts, loop } = looping(t, { every: Number.POSITIVE_INFINITY });
  await clock.advance(200_000);
  assert.deepEqual(starts, []);
  loop.poke();
  await clock.advance(0);
  assert.deepEqual(starts, [200_000]);
});

test('loop: notices within 30 seconds that the schedule or the clock was changed', async (t) => {
  const changed = looping(t, { every: 3_600_000 });
  await changed.clock.advance(10_000);
  changed.every = 15_000;
  await changed.clock.advance(20_000);
  assert.deepEqual(changed.starts, [30_000]);

  const suspended = looping(t, { every: 3_600_000 });
  await suspended.clock.advance(10_000);
  suspended.clock.setWall(suspended.clock.now() + 7_200_000);
  await suspended.clock.advance(20_000);
  assert.equal(suspended.starts.length, 1);
});

test('loop: after a machine was suspended, loops do not all begin at the same instant', async (t) => {
  const waits = new Set<number>();
  for (let phase = 0; phase < 30; phase += 1) {
    const { clock, starts } = looping(t, { every: 600_000 });
    await clock.advance(phase * 1000);
    clock.setWall(clock.now() + 7_200_000);
    await clock.advance(30_000);
    waits.add((starts[0] ?? 0) - 7_200_000 - phase * 1000);
  }
  assert.equal(waits.size, 30);
  assert.ok(Math.max(...waits) <= 30_000);
});

test('loop: ends while it waits', async (t) => {
  const { clock, controller, loop, starts } = looping(t);
  controller.abort();
  await loop.done;
  await clock.advance(10_000);
  assert.deepEqual(starts, []);
  assert.equal(clock.sleeping, 0);
});

test('loop: tells work to stop, waits for it, and does not report what it throws then', async (t) => {
  const { clock, controller, loop, errors } = looping(t, {
    work: (signal) =>
      new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
      ),
  });
  await clock.advance(1000);
  controller.abort(new Error('stopping'));
  await loop.done;
  assert.deepEqual(errors, []);
});

test('loop: never starts when it is stopped already', async () => {
  const signal = AbortSignal.abort();
  const work = () => assert.fail('worked');
  await runLoop({ clock: new FakeClock(), signal, next: () => 0, work, onError: work }).done;
});
