import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { until } from '../fake-clock.ts';
import { seedFrom } from './chance.ts';
import type { Daemon } from './daemon.ts';
import { command, withoutMemoryDisks, withoutTracing } from './machine.ts';
import { KIND_NAMES, KINDS, type Kind, locationIn, scratch } from './places.ts';
import { openScene } from './scene.ts';

const seed = seedFrom('POLLHOOK_CRASH_SEED');

/** A daemon that cannot write ends with 1 and says which file, why, and what to do. */
async function assertStopped(daemon: Daemon, folder: string, reason: RegExp): Promise<void> {
  const { code, signal } = await daemon.ended;
  assert.deepEqual({ code, signal }, { code: 1, signal: null }, daemon.out + daemon.err);
  const told = daemon.out.split('\n').find((line) => line.includes('"level":"fatal"')) ?? daemon.err;
  assert.match(told, reason);
  assert.ok(told.includes(folder), `no file is named: ${told}`);
  assert.match(told, /STATE_(WRITE_FAILED|UNAVAILABLE)/);
  assert.match(told, /[Ff]ree disk space or repair the disk|[Cc]heck that the folder exists/);
}

const FULL = /ENOSPC|no space left|disk is full/;
const BROKEN = /EIO|i\/o error|I\/O error/i;

describe('a full disk', { concurrency: 2, skip: withoutMemoryDisks() }, () => {
  /** Bytes that are left when the source begins to change. */
  const room: Readonly<Record<Kind, number>> = { json: 200_000, sqlite: 120_000 };

  for (const kind of KINDS) {
    test(`${KIND_NAMES[kind]}: stops, and with space again nothing is missing`, async (context) => {
      using place = scratch();
      const disk = join(place.path, 'disk');
      mkdirSync(disk);
      command('mount', '-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', disk);
      const resize = (bytes: number) => command('mount', '-o', `remount,size=${bytes}`, disk);
      try {
        await using scene = await openScene(() => locationIn(disk, kind), seed);
        await scene.begin();
        const { bsize, blocks, bfree } = statfsSync(disk);
        resize((blocks - bfree) * bsize + room[kind]);
        await assertStopped(scene.launch(), disk, FULL);
        // Started again by somebody who has not looked.
        await assertStopped(scene.launch(), disk, FULL);
        resize(64 * 2 ** 20);
        const { events } = await scene.conclude();
        context.diagnostic(`2 stops, ${events.length} events, seed ${seed}`);
      } finally {
        command('umount', disk);
      }
    });
  }
});

interface Fault {
  readonly kind: Kind;
  readonly calls: string;
  readonly error: 'EIO' | 'ENOSPC';
  /** Which of the calls fails, counted for each thread. */
  readonly at: number;
  /** Only calls on this file of the state. */
  readonly on?: string;
}

const JOURNAL = 'outbox/000001.jsonl';

const FAULTS: readonly Fault[] = [
  { kind: 'json', calls: 'write', error: 'EIO', at: 1, on: JOURNAL },
  { kind: 'json', calls: 'write', error: 'ENOSPC', at: 3, on: JOURNAL },
  { kind: 'json', calls: 'fdatasync', error: 'EIO', at: 1 },
  { kind: 'json', calls: 'fsync', error: 'EIO', at: 1 },
  { kind: 'json', calls: 'fsync', error: 'ENOSPC', at: 2 },
  { kind: 'json', calls: 'rename', error: 'EIO', at: 1 },
  { kind: 'json', calls: 'rename', error: 'ENOSPC', at: 2 },
  { kind: 'json', calls: 'close', error: 'EIO', at: 2 },
  { kind: 'sqlite', calls: 'pwrite64', error: 'EIO', at: 1 },
  { kind: 'sqlite', calls: 'pwrite64', error: 'ENOSPC', at: 25 },
  { kind: 'sqlite', calls: 'fsync,fdatasync', error: 'EIO', at: 1 },
  { kind: 'sqlite', calls: 'fsync,fdatasync', error: 'EIO', at: 3 },
];

/** From now on some system calls of the process fail. */
async function plant({ calls, error, at, on }: Fault, pid: number, state: string): Promise<void> {
  const which = on === undefined ? [] : ['-P', join(state, on)];
  const what = ['-e', `trace=${calls}`, '-e', `inject=${calls}:error=${error}:when=${at}`];
  const tracer = spawn('strace', ['-f', '-p', String(pid), '-o', '/dev/null', ...which, ...what]);
  await once(tracer.stderr, 'data');
}

describe('a failing disk', { concurrency: 2, skip: withoutTracing() }, () => {
  for (const fault of FAULTS) {
    const { kind, calls, error, at, on } = fault;
    const what = `${error} at ${calls.replace(',', ' or ')} number ${at}${on ? ` on ${on}` : ''}`;
    test(`${KIND_NAMES[kind]}, ${what}: stops, and nothing is missing afterwards`, async (context) => {
      await using scene = await openScene((folder) => locationIn(folder, kind), seed);
      await scene.begin();
      const daemon = scene.launch();
      // All of its code is loaded by then.
      await until(() => scene.receiver.arrivals.length > 4, 'the first webhooks');
      await plant(fault, daemon.pid, join(scene.folder, 'state'));
      await assertStopped(daemon, scene.folder, error === 'EIO' ? BROKEN : FULL);
      const { events } = await scene.conclude();
      context.diagnostic(`1 stop, ${events.length} events, seed ${seed}`);
    });
  }

  test('JSON files, EIO at the last close: the stop fails, and says so', async (context) => {
    await using scene = await openScene((folder) => locationIn(folder, 'json'), seed);
    await scene.begin();
    const daemon = scene.launch();
    await daemon.says('started');
    const fault = { kind: 'json', calls: 'close', error: 'EIO', at: 1, on: JOURNAL } as const;
    await plant(fault, daemon.pid, join(scene.folder, 'state'));
    daemon.send('SIGTERM');
    await assertStopped(daemon, scene.folder, BROKEN);
    const { events } = await scene.conclude();
    context.diagnostic(`1 stop, ${events.length} events, seed ${seed}`);
  });
});
